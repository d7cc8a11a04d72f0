//! Everything measured about a trained network.

use super::{Answer, Figures, Outcome, Trial, answers, expected_calibration_error, fit_temperature};
use crate::dataset::{Part, Speaker};
use crate::training::{EpochReport, Run};
use crate::{Architecture, Material, Network, TrainError};
use serde::Serialize;
use std::collections::BTreeSet;
use undertone_core::Emotion;

/// The figures of a network, as they stand in `metrics.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Kind and widths of the network.
    pub architecture: Architecture,
    /// How many values it learnt.
    pub learnt_values: usize,
    /// Seed of everything random.
    pub seed: u32,
    /// Epochs trained.
    pub epochs: usize,
    /// Clips learnt from.
    pub training_clips: usize,
    /// Speakers learnt from.
    pub training_speakers: Vec<String>,
    /// Speakers of the validation clips.
    pub validation_speakers: Vec<String>,
    /// Speakers of the test clips.
    pub test_speakers: Vec<String>,
    /// Labels in the order of rows and columns.
    pub labels: Vec<String>,
    /// What logits are divided by; fitted to the validation clips.
    pub temperature: f32,
    /// Distance of confidence from accuracy on the test clips, without the temperature and with it.
    pub test_calibration_error: [f64; 2],
    /// Figures on the test clips.
    pub test: Figures,
    /// Figures on the validation clips.
    pub validation: Figures,
    /// Every epoch.
    pub learning_curve: Vec<EpochReport>,
}

impl Report {
    /// Fits the temperature to the validation clips, then measures both held-out parts.
    pub fn measure(run: &Run, material: &Material) -> Result<Self, TrainError> {
        let network = run.averaged();
        let validation = Heard::new(&network, material, Part::Validation)?;
        let test = Heard::new(&network, material, Part::Test)?;
        let temperature = match validation.answers.is_empty() {
            true => 1.0,
            false => fit_temperature(&validation.answers, &validation.labels),
        };
        let error = |temperature| expected_calibration_error(&test.answers, &test.labels, temperature);
        Ok(Self {
            architecture: network.architecture().clone(),
            learnt_values: network.parameters().learnt(),
            seed: run.plan().seed,
            epochs: run.reports().len(),
            training_clips: material.examples().len(),
            training_speakers: names(material.split.training_speakers()),
            validation_speakers: validation.speakers(material),
            test_speakers: test.speakers(material),
            labels: Emotion::ALL.map(|emotion| emotion.name().to_owned()).to_vec(),
            temperature,
            test_calibration_error: [error(1.0), error(temperature)],
            test: test.figures(material, temperature),
            validation: validation.figures(material, temperature),
            learning_curve: run.reports().to_vec(),
        })
    }

    /// The report as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers, text and lists are JSON") + "\n"
    }
}

struct Heard {
    clips: Vec<usize>,
    answers: Vec<Answer>,
    labels: Vec<usize>,
}

impl Heard {
    fn new(network: &Network, material: &Material, part: Part) -> Result<Self, TrainError> {
        let (clips, trials): (Vec<usize>, Vec<Trial<'_>>) = material.trials(part);
        let labels = trials.iter().map(|trial| trial.label).collect();
        Ok(Self { clips, answers: answers(network, &trials)?, labels })
    }

    fn speakers(&self, material: &Material) -> Vec<String> {
        let speakers: BTreeSet<&Speaker> =
            self.clips.iter().map(|&clip| &material.clips[clip].speaker).collect();
        names(speakers)
    }

    fn figures(&self, material: &Material, temperature: f32) -> Figures {
        let outcome = |(&clip, answer): (&usize, &Answer)| Outcome {
            speaker: material.clips[clip].speaker.clone(),
            label: material.clips[clip].emotion,
            answer: answer.top(temperature).map(|(label, _)| Emotion::ALL[label]),
        };
        let outcomes: Vec<Outcome> = self.clips.iter().zip(&self.answers).map(outcome).collect();
        Figures::of(&outcomes)
    }
}

fn names<'a>(speakers: impl IntoIterator<Item = &'a Speaker>) -> Vec<String> {
    speakers.into_iter().map(|speaker| speaker.name().to_owned()).collect()
}
