//! One graph and the sessions made from it.

use crate::runtime::environment;
use crate::session::OnnxSession;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::{Outlet, TensorElementType, ValueType};
use std::fs;
use std::sync::{Mutex, PoisonError};
use undertone_plugin_graph::{Configuration, Scorer, State};
use undertone_plugin_sdk::{ClassifierPlugin, Failure, Host, Plugin, Shape, StateShape};

/// One graph.
pub(crate) struct Onnx {
    environment: Environment,
    configuration: Configuration,
    /// The file's content, so that later sessions are made from what was checked when the plugin was opened.
    graph: Vec<u8>,
    /// The session that checked the graph, for the first instance.
    spare: Mutex<Option<Session>>,
}

impl Plugin for Onnx {
    const NAME: &'static str = "onnx";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn open(host: Host, configuration: &str) -> Result<Self, Failure> {
        let configuration = Configuration::read(configuration)?;
        let environment = environment(host)?;
        let path = configuration.graph.display();
        let graph = fs::read(&configuration.graph)
            .map_err(|why| Failure::Refused(format!("{path} cannot be read: {why}")))?;
        let session = session(&environment, &graph).map_err(|why| {
            Failure::Refused(format!("{path} is no graph that ONNX Runtime can run: {why}"))
        })?;
        check(&session, &configuration).map_err(|what| Failure::Refused(format!("{path}: {what}")))?;
        Ok(Self { environment, configuration, graph, spare: Mutex::new(Some(session)) })
    }
}

impl ClassifierPlugin for Onnx {
    type Instance = Scorer<OnnxSession>;

    fn shape(&self) -> Shape {
        self.configuration.shape()
    }

    fn new_instance(&self) -> Result<Self::Instance, Failure> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let session = match spare {
            Some(session) => session,
            None => session(&self.environment, &self.graph).map_err(|why| Failure::failed(&why))?,
        };
        Ok(Scorer::new(OnnxSession::new(session, &self.configuration), &self.configuration))
    }

    fn states(&self) -> Vec<StateShape> {
        self.configuration.state_shapes()
    }
}

/// A session that works on the calling thread only. Lengths differ from call to call, so memory is not
/// planned ahead.
fn session(environment: &Environment, graph: &[u8]) -> ort::Result<Session> {
    let mut builder = Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_memory_pattern(false)?;
    if only_weights_are_quantized(graph) {
        builder = builder.with_config_entry("session.disable_quant_qdq", "1")?;
    }
    builder.commit_from_memory(graph)
}

/// Whether the graph computes with floats and only its weights are quantized. ONNX Runtime would multiply them out again
/// in every run, in case that it could compute with integers, unless it is told not to wait for that.
fn only_weights_are_quantized(graph: &[u8]) -> bool {
    let holds = |operator: &[u8]| graph.windows(operator.len()).any(|bytes| bytes == operator);
    // The second name is part of `DynamicQuantizeLinear`, too, but not of the first.
    holds(b"DequantizeLinear") && !holds(b"QuantizeLinear")
}

fn check(session: &Session, configuration: &Configuration) -> Result<(), String> {
    let label_count = configuration.labels.len();
    check_outlet(
        "input",
        session.inputs(),
        &configuration.input,
        &[None, None, Some(configuration.dim as usize)],
    )?;
    check_outlet("output", session.outputs(), &configuration.output, &[None, Some(label_count)])?;
    for State { name_in, name_out, shape } in &configuration.states {
        let dims: Vec<Option<usize>> = [None].into_iter().chain(shape.iter().copied().map(Some)).collect();
        check_outlet("input", session.inputs(), name_in, &dims)?;
        check_outlet("output", session.outputs(), name_out, &dims)?;
    }
    match (session.inputs().len(), 1 + configuration.states.len()) {
        (found, expected) if found == expected => Ok(()),
        (found, expected) => Err(format!("the graph has {found} inputs, {expected} are expected")),
    }
}

/// `dims` holds `None` where any length is possible.
fn check_outlet(kind: &str, outlets: &[Outlet], name: &str, dims: &[Option<usize>]) -> Result<(), String> {
    let outlet = outlets.iter().find(|outlet| outlet.name() == name).ok_or_else(|| {
        let names: Vec<_> = outlets.iter().map(Outlet::name).collect();
        format!("the graph has no {kind} {name:?}; it has {names:?}")
    })?;
    let ValueType::Tensor { ty: TensorElementType::Float32, shape, .. } = outlet.dtype() else {
        return Err(format!("{kind} {name:?} is no tensor of 32-bit floats but {}", outlet.dtype()));
    };
    // ONNX Runtime says -1 where the graph leaves a length open.
    let fits = |(&found, wanted): (&i64, &Option<usize>)| match wanted {
        Some(wanted) => found < 0 || usize::try_from(found) == Ok(*wanted),
        None => found < 0,
    };
    if shape.len() == dims.len() && shape.iter().zip(dims).all(fits) {
        return Ok(());
    }
    let wanted: Vec<_> =
        dims.iter().map(|length| length.map_or("any".to_owned(), |length| length.to_string())).collect();
    Err(format!("{kind} {name:?} has dimensions {shape:?}, [{}] are expected", wanted.join(", ")))
}
