//! Which model a stream gets: the one that it names, or that of an experiment's arm.

use super::status;
use crate::access::Caller;
use crate::experiments::{Choice, Participation, Wish};
use crate::recognition::Recognition;
use std::sync::Arc;
use tonic::Status;
use undertone_core::{Labels, StreamId};
use undertone_proto::v1;

/// What a stream gets.
pub(super) struct Chosen {
    /// The model's name; empty: the server's default.
    pub(super) model: String,
    pub(super) participation: Option<Arc<Participation>>,
}

impl Chosen {
    /// Whether other models listen along.
    pub(super) fn has_shadows(&self) -> bool {
        self.participation.as_ref().is_some_and(|own| !own.shadows.is_empty())
    }

    /// The experiment, for the effective configuration: with it a stream keeps its part when it is taken up again.
    pub(super) fn experiment(&self, config: &v1::RecognitionConfig) -> String {
        match &self.participation {
            Some(own) => own.kept.name().to_owned(),
            None => config.experiment.clone(),
        }
    }
}

/// Chooses a model for the stream `new`, as `config` wishes.
pub(super) fn choose(
    config: &v1::RecognitionConfig,
    new: StreamId,
    (recognition, caller): (&Recognition, &Caller),
) -> Result<Chosen, Status> {
    if !config.experiment.is_empty() && !config.model.is_empty() && config.resume_token.is_empty() {
        let sentence = "name an experiment or a model: an experiment chooses the model";
        return Err(status::bad_field("config.experiment", sentence));
    }
    let stream = new.to_string();
    let labels: Labels = config.labels.clone().into_iter().collect();
    let wish = Wish {
        tenant: caller.tenant(),
        model: &config.model,
        experiment: &config.experiment,
        arm: &config.arm,
        subject: if config.subject_key.is_empty() { &stream } else { &config.subject_key },
        stream: &stream,
        labels: &labels,
    };
    let choice = recognition.experiments.catalog.choose(&wish, &recognition.models.ready());
    Ok(match choice.map_err(|(field, sentence)| status::bad_field(field, sentence))? {
        Choice::Plain => Chosen { model: config.model.clone(), participation: None },
        Choice::Promoted(model) => Chosen { model, participation: None },
        Choice::Arm(model, own) => Chosen { model, participation: Some(Arc::new(own)) },
    })
}
