//! One graph, and the runs made from it.

use crate::graph::Graph;
use crate::plans::Plans;
use crate::runner::TractRunner;
use std::fs;
use std::sync::Arc;
use undertone_plugin_graph::{Configuration, Scorer};
use undertone_plugin_sdk::{ClassifierPlugin, Failure, Host, Plugin, Shape, StateShape};

/// One graph.
pub(crate) struct Tract {
    configuration: Configuration,
    plans: Arc<Plans>,
}

impl Plugin for Tract {
    const NAME: &'static str = "tract";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn open(_host: Host, configuration: &str) -> Result<Self, Failure> {
        let configuration = Configuration::read(configuration)?;
        let path = configuration.graph.display();
        let content = fs::read(&configuration.graph)
            .map_err(|why| Failure::Refused(format!("{path} cannot be read: {why}")))?;
        let plans = Graph::read(&content, &configuration).and_then(Plans::new);
        let plans = plans.map_err(|what| Failure::Refused(format!("{path}: {what}")))?;
        Ok(Self { configuration, plans: Arc::new(plans) })
    }
}

impl ClassifierPlugin for Tract {
    type Instance = Scorer<TractRunner>;

    fn shape(&self) -> Shape {
        self.configuration.shape()
    }

    fn new_instance(&self) -> Result<Self::Instance, Failure> {
        let runner = TractRunner::new(self.plans.clone(), &self.configuration);
        Ok(Scorer::new(runner, &self.configuration))
    }

    fn states(&self) -> Vec<StateShape> {
        self.configuration.state_shapes()
    }
}
