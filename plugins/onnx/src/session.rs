//! One worker's session.

use ort::session::{Session, SessionInputValue};
use ort::value::TensorRef;
use std::borrow::Cow;
use undertone_plugin_graph::{Configuration, Inputs, Outputs, Runner, State};

/// One worker's session, with the names of what goes in and comes out.
pub(crate) struct OnnxSession {
    session: Session,
    input: String,
    output: String,
    dim: usize,
    states: Vec<State>,
}

impl OnnxSession {
    pub(crate) fn new(session: Session, configuration: &Configuration) -> Self {
        let Configuration { input, output, states, .. } = configuration.clone();
        Self { session, input, output, dim: configuration.dim as usize, states }
    }
}

impl Runner for OnnxSession {
    type Error = ort::Error;

    fn run(&mut self, inputs: Inputs<'_>, take: impl FnOnce(Outputs<'_>)) -> ort::Result<()> {
        let Inputs { batch, time, frames, states } = inputs;
        let mut values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(1 + states.len());
        let input = TensorRef::from_array_view(([batch, time, self.dim], frames))?;
        values.push((self.input.as_str().into(), input.into()));
        for (state, before) in self.states.iter().zip(states) {
            let shape: Vec<usize> = [batch].iter().chain(&state.shape).copied().collect();
            let before = TensorRef::from_array_view((shape, before.as_slice()))?;
            values.push((state.name_in.as_str().into(), before.into()));
        }
        let outputs = self.session.run(values)?;
        let values_of = |name: &str| outputs[name].try_extract_tensor::<f32>().map(|(_, values)| values);
        let scores = values_of(&self.output)?;
        let states =
            self.states.iter().map(|state| values_of(&state.name_out)).collect::<ort::Result<Vec<_>>>()?;
        take(Outputs { scores, states: &states });
        Ok(())
    }
}
