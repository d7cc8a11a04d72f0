//! What a report says about a recipe beyond its predictions.

use crate::onnx::ModelProto;
use crate::timing::Timing;
use crate::{DataSheet, Ensemble, Interface, Network, TrainError, TrainingRecipe};
use prost::Message;
use undertone_core::Emotion;
use undertone_evaluation::{Facts, GraphFacts, Run};

const FRAMES_PER_SECOND: usize = 100;
/// The graph that scores whole utterances, as reports call it.
pub(crate) const WHOLE: &str = "final results";
/// The graph that carries state.
pub(crate) const STREAM: &str = "interim updates";

impl TrainingRecipe {
    /// Size and cost of the recipe's graphs, and what must be said about `sheet`'s data. Times are told where they were
    /// measured.
    pub fn facts(&self, sheet: &DataSheet, timing: Option<&Timing>) -> Facts {
        Facts {
            model: self.name.clone(),
            description: self.description.clone(),
            graphs: self.graphs(timing),
            timing: timing.map(|own| own.how.clone()),
            licence: sheet.licence.clone(),
            data_set: sheet.dataset.clone(),
            about: sheet.about.as_ref().map(|about| about.replace("**", "")),
            citation: sheet.citation.clone(),
        }
    }

    /// Refuses evidence of networks of another size: it says nothing about this recipe.
    pub fn check_evidence<'r>(&self, runs: impl IntoIterator<Item = &'r Run>) -> Result<(), TrainError> {
        let own = self.untrained().learnt() as u64;
        let folds = runs.into_iter().flat_map(|run| &run.folds);
        match folds.map(|fold| fold.learnt_values).find(|&values| values != own) {
            None => Ok(()),
            Some(values) => Err(TrainError::Unrelated(format!(
                "the evidence is about networks of {values} learnt values, those of the recipe {} have {own}",
                self.name
            ))),
        }
    }

    /// The networks of full context before they learn.
    pub(crate) fn untrained(&self) -> Ensemble {
        let network = Network::new(self.whole.clone(), self.interface(), 0);
        Ensemble::new(vec![network; self.ensemble])
    }

    /// The causal network before it learns.
    pub(crate) fn untrained_stream(&self) -> Network {
        Network::new(self.stream.clone(), self.interface(), 0)
    }

    fn interface(&self) -> Interface {
        Interface { dim: self.dim(), labels: Emotion::ALL.len() }
    }

    /// Both graphs, as they are exported and in 8 bits. What networks have learnt changes none of these figures.
    fn graphs(&self, timing: Option<&Timing>) -> Vec<GraphFacts> {
        let (whole, stream) = (self.untrained(), self.untrained_stream());
        let mut graphs = vec![(WHOLE, whole.to_onnx(), whole)];
        if let Some(model) = stream.to_stream_onnx() {
            graphs.push((STREAM, model.graph, stream.into()));
        }
        let described = |name: String, file: &[u8], networks: &Ensemble| GraphFacts {
            parameters: networks.learnt() as u64,
            macs_per_second: networks.macs(FRAMES_PER_SECOND) as u64,
            file_bytes: file.len() as u64,
            milliseconds_per_clip: timing.and_then(|own| own.milliseconds.get(&name).copied()),
            name,
        };
        let floats = graphs.iter().map(|(name, file, own)| described((*name).to_owned(), file, own));
        // A rounded graph does the same work: it multiplies its weights out to floats.
        let rounded =
            graphs.iter().map(|(name, file, own)| described(Timing::in_8_bits(name), &in_8_bits(file), own));
        floats.chain(rounded).collect()
    }
}

fn in_8_bits(graph: &[u8]) -> Vec<u8> {
    let mut model = ModelProto::decode(graph).expect("it was just encoded");
    model.quantize_weights();
    model.encode_to_vec()
}
