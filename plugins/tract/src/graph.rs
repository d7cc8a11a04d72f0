//! A graph as its file says it, which is made ready for one size of a batch at a time.

use std::sync::Arc;
use tract_onnx::prelude::{
    Datum, DatumType, Framework, InferenceFact, InferenceModel, InferenceModelExt, IntoRunnable, TDim,
    TractResult, TypedModel, TypedRunnableModel,
};
use tract_onnx::tract_hir::infer::Factoid;
use undertone_plugin_graph::{Configuration, State};

/// A graph that was read. Lengths that are open in its file are open still.
#[derive(Debug)]
pub(crate) struct Graph {
    model: InferenceModel,
    inputs: Vec<Wanted>,
    outputs: Vec<Wanted>,
    step_frames: usize,
}

/// What an input or output must be: its name, and its lengths behind the batch; `None` for the time.
#[derive(Debug)]
struct Wanted {
    name: String,
    lengths: Vec<Option<usize>>,
}

impl Graph {
    /// Reads the content of a file in the format of ONNX.
    pub(crate) fn read(content: &[u8], configuration: &Configuration) -> Result<Self, String> {
        let model = tract_onnx::onnx().model_for_read(&mut &*content).map_err(unusable)?;
        let (inputs, outputs) = wanted(configuration);
        check_names("input", &input_names(&model), &inputs)?;
        check_names("output", &output_names(&model), &outputs)?;
        if model.inputs.len() != inputs.len() {
            return Err(format!(
                "the graph has {} inputs, {} are expected",
                model.inputs.len(),
                inputs.len()
            ));
        }
        for (wanted, &outlet) in by_name(&inputs, &input_names(&model)).zip(&model.inputs) {
            let fact = model.outlet_fact(outlet).map_err(unusable)?;
            check_declared(wanted, fact)?;
        }
        Ok(Self { model, inputs, outputs, step_frames: configuration.step_frames })
    }

    /// The graph for batches of one size and any time, ready to run: inputs and outputs come in the order of the configuration.
    pub(crate) fn plan(&self, batch: usize) -> Result<Arc<TypedRunnableModel>, String> {
        let model = self.typed(batch).map_err(unusable)?;
        for (wanted, &outlet) in self.outputs.iter().zip(&model.outputs) {
            let fact = model.outlet_fact(outlet).map_err(unusable)?;
            let lengths = wanted.lengths.iter().flatten();
            let fits = fact.shape.iter().skip(1).cloned().eq(lengths.map(|&length| TDim::from(length)));
            if fact.datum_type != DatumType::F32 || !fits {
                let (Wanted { name, lengths }, found) = (wanted, fact);
                let lengths: Vec<usize> = lengths.iter().copied().flatten().collect();
                return Err(format!(
                    "output {name:?} is {found:?}, 32-bit floats of [any, {lengths:?}] are expected"
                ));
            }
        }
        model.into_optimized().and_then(IntoRunnable::into_runnable).map_err(unusable)
    }

    fn typed(&self, batch: usize) -> TractResult<TypedModel> {
        let names = |wanted: &[Wanted]| wanted.iter().map(|own| own.name.clone()).collect::<Vec<_>>();
        let model = self.model.clone();
        let time = TDim::from(model.symbols.sym("undertone.steps")) * self.step_frames;
        let mut model =
            model.with_inputs_by_name(names(&self.inputs))?.with_outputs_by_name(names(&self.outputs))?;
        for (index, Wanted { lengths, .. }) in self.inputs.iter().enumerate() {
            let lengths = lengths.iter().map(|length| length.map_or_else(|| time.clone(), TDim::from));
            let lengths: Vec<TDim> = [TDim::from(batch)].into_iter().chain(lengths).collect();
            model.set_input_fact(index, InferenceFact::dt_shape(f32::datum_type(), lengths))?;
        }
        model.into_typed()?.into_decluttered()
    }
}

fn unusable(why: impl std::fmt::Display) -> String {
    format!("it is no graph that tract can run: {why:#}")
}

fn wanted(configuration: &Configuration) -> (Vec<Wanted>, Vec<Wanted>) {
    let Configuration { input, output, dim, labels, states, .. } = configuration;
    let tensor = |name: &str, lengths| Wanted { name: name.to_owned(), lengths };
    let lengths = |state: &State| state.shape.iter().copied().map(Some).collect();
    let mut inputs = vec![tensor(input, vec![None, Some(*dim as usize)])];
    inputs.extend(states.iter().map(|state| tensor(&state.name_in, lengths(state))));
    let mut outputs = vec![tensor(output, vec![Some(labels.len())])];
    outputs.extend(states.iter().map(|state| tensor(&state.name_out, lengths(state))));
    (inputs, outputs)
}

fn input_names(model: &InferenceModel) -> Vec<&str> {
    model.inputs.iter().map(|outlet| model.node(outlet.node).name.as_str()).collect()
}

fn output_names(model: &InferenceModel) -> Vec<&str> {
    model.outputs.iter().filter_map(|&outlet| model.outlet_label(outlet)).collect()
}

fn check_names(kind: &str, names: &[&str], wanted: &[Wanted]) -> Result<(), String> {
    match wanted.iter().find(|own| !names.contains(&own.name.as_str())) {
        None => Ok(()),
        Some(Wanted { name, .. }) => Err(format!("the graph has no {kind} {name:?}; it has {names:?}")),
    }
}

/// What is wanted of each of the graph's inputs, whose names are `names`.
fn by_name<'a>(wanted: &'a [Wanted], names: &'a [&str]) -> impl Iterator<Item = &'a Wanted> {
    names.iter().filter_map(|name| wanted.iter().find(|own| own.name == *name))
}

/// What the file says about an input must leave room for what goes in.
fn check_declared(wanted: &Wanted, fact: &InferenceFact) -> Result<(), String> {
    let Wanted { name, lengths } = wanted;
    let is_float = fact.datum_type.concretize().is_none_or(|own| own == DatumType::F32);
    let declared: Vec<Option<TDim>> = fact.shape.dims().map(|length| length.concretize()).collect();
    let fits = |(found, wanted): (&Option<TDim>, &Option<usize>)| {
        let fixed = found.as_ref().and_then(|length| length.to_i64().ok());
        match wanted {
            Some(wanted) => fixed.is_none_or(|fixed| usize::try_from(fixed) == Ok(*wanted)),
            None => fixed.is_none(),
        }
    };
    let has_all = declared.len() == lengths.len() + 1;
    let batch_is_open = declared.first().is_some_and(|length| fits((length, &None)));
    if is_float && has_all && batch_is_open && declared.iter().skip(1).zip(lengths).all(fits) {
        return Ok(());
    }
    let wanted: Vec<String> =
        lengths.iter().map(|length| length.map_or("any".to_owned(), |length| length.to_string())).collect();
    Err(format!(
        "input {name:?} is {}, 32-bit floats of [any, {}] are expected",
        fact.format_dt_shape(),
        wanted.join(", ")
    ))
}
