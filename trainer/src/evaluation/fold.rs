//! What the networks of one training say about the clips they never heard.

use super::interim::interim;
use super::{ClipScores, Decision, DecisionRule, Trial, score};
use crate::dataset::{Part, Speaker};
use crate::job::parts_learnt;
use crate::recipe::Side;
use crate::training::{EpochReport, Run};
use crate::{Ensemble, Material, TrainError, Trained};
use std::collections::BTreeSet;
use undertone_core::Emotion;
use undertone_evaluation::{Answer, Epoch, FoldFacts, InterimPrediction, Judged, Prediction, RunId};

/// Both networks' decisions and what they lead to.
#[derive(Debug, Clone)]
pub struct Measured {
    /// How the logits of the network of full context become answers; `None` without validation clips.
    pub whole: Option<Decision>,
    /// The same for the causal network.
    pub stream: Option<Decision>,
    /// Answers to the test clips.
    pub judged: Vec<Judged>,
}

/// Rows for the files of evidence.
#[derive(Debug, Clone)]
pub struct FoldEvidence {
    /// What the network of full context says about the test clips.
    pub predictions: Vec<Prediction>,
    /// How it came about.
    pub facts: FoldFacts,
    /// Its learning curve.
    pub curve: Vec<Epoch>,
    /// What the causal network says about the test clips while it hears them.
    pub interim: Vec<InterimPrediction>,
}

impl FoldEvidence {
    /// A run of this fold alone.
    pub fn into_run(self, id: RunId) -> undertone_evaluation::Run {
        let Self { predictions, facts, curve, interim } = self;
        undertone_evaluation::Run { id, predictions, folds: vec![facts], curve, interim }
    }
}

impl Trained {
    /// Fits both decisions to the validation clips, and asks about the test clips.
    pub fn measure(&self, rule: &DecisionRule) -> Result<Measured, TrainError> {
        let whole = self.ensemble();
        let first = Ensemble::from(self.whole[0].averaged());
        let whole_decision = fit(&first, &self.material, rule)?;
        let (_, trials) = self.material.trials(Part::Test);
        let temperature = whole_decision.map_or(1.0, |decision| decision.temperature);
        let scores = score(&whole, &trials)?;
        let judge = |(scores, trial): (&ClipScores, &Trial<'_>)| {
            Ok(Judged { truth: Emotion::ALL[trial.label], answer: answer(scores, temperature)? })
        };
        let judged = scores.iter().zip(&trials).map(judge).collect::<Result<_, TrainError>>()?;
        let stream = self.stream.as_ref().map(|run| Ensemble::from(run.averaged()));
        let stream = stream.map(|stream| fit(&stream, &self.material, rule)).transpose()?.flatten();
        Ok(Measured { whole: whole_decision, stream, judged })
    }

    /// Everything that is written down about a fold.
    pub fn evidence(&self, fold: u32, rule: &DecisionRule) -> Result<FoldEvidence, TrainError> {
        let measured = self.measure(rule)?;
        let (clips, trials) = self.material.trials(Part::Test);
        let prediction = |(&clip, judged): (&usize, &Judged)| {
            let clip = &self.material.clips[clip];
            Prediction {
                clip: clip.name(),
                speaker: clip.speaker.name().to_owned(),
                fold,
                truth: judged.truth,
                answer: judged.answer,
            }
        };
        let predictions: Vec<Prediction> = clips.iter().zip(&measured.judged).map(prediction).collect();
        let temperature = measured.stream.map_or(1.0, |decision| decision.temperature);
        let mut interims = Vec::new();
        if let Some(stream) = self.stream.as_ref().map(Run::averaged) {
            for (prediction, trial) in predictions.iter().zip(&trials) {
                for (heard, probabilities) in interim(&stream, trial, temperature) {
                    let prediction =
                        Prediction { answer: Some(Answer::new(&probabilities)?), ..prediction.clone() };
                    interims.push(InterimPrediction { heard, prediction });
                }
            }
        }
        let facts = self.facts(fold, rule, &measured);
        Ok(FoldEvidence { predictions, facts, curve: self.curve(fold), interim: interims })
    }

    fn facts(&self, fold: u32, rule: &DecisionRule, measured: &Measured) -> FoldFacts {
        let material = &self.material;
        let validation = material.split.clips(Part::Validation);
        let speakers: BTreeSet<&Speaker> =
            validation.iter().map(|&clip| &material.clips[clip].speaker).collect();
        let decision = measured.whole;
        FoldFacts {
            fold,
            training_clips: self.clips_learnt(),
            test_clips: as_u32(measured.judged.len()),
            validation_speakers: speakers.into_iter().map(|speaker| speaker.name().to_owned()).collect(),
            epochs: as_u32(self.whole[0].reports().len()),
            temperature: decision.map(|decision| f64::from(decision.temperature)),
            stream_temperature: measured.stream.map(|decision| f64::from(decision.temperature)),
            conformal_coverage: decision.map(|_| rule.coverage),
            conformal_threshold: decision.map(|decision| f64::from(decision.conformal_threshold)),
            abstain_error: decision.and_then(|own| own.abstain_below.map(|_| rule.abstain_error)),
            abstain_below: decision.and_then(|own| own.abstain_below.map(f64::from)),
            wall_seconds: self.whole.iter().map(Run::seconds).sum(),
            learnt_values: self.ensemble().learnt() as u64,
        }
    }

    /// Clips that the last network of full context learnt from.
    pub(crate) fn clips_learnt(&self) -> u32 {
        as_u32(self.material.examples(parts_learnt((Side::Whole, self.whole.len()))).len())
    }

    /// The mean of the members' curves; the first one's on the validation clips.
    fn curve(&self, fold: u32) -> Vec<Epoch> {
        let epochs = 0..self.whole[0].reports().len();
        let epoch = |index: usize| {
            let reports: Vec<&EpochReport> = self.whole.iter().map(|run| &run.reports()[index]).collect();
            let mean = |value: fn(&EpochReport) -> f32| {
                reports.iter().map(|report| f64::from(value(report))).sum::<f64>() / reports.len() as f64
            };
            Epoch {
                fold,
                epoch: as_u32(reports[0].epoch),
                loss: mean(|report| report.loss),
                training_accuracy: mean(|report| report.training_accuracy),
                validation_accuracy: reports[0].validation_accuracy.map(f64::from),
            }
        };
        epochs.map(epoch).collect()
    }
}

fn fit(
    networks: &Ensemble,
    material: &Material,
    rule: &DecisionRule,
) -> Result<Option<Decision>, TrainError> {
    let (clips, trials) = material.trials(Part::Validation);
    let labels: Vec<usize> = trials.iter().map(|trial| trial.label).collect();
    let speakers: Vec<&Speaker> = clips.iter().map(|&clip| &material.clips[clip].speaker).collect();
    Ok(rule.fit(&score(networks, &trials)?, &labels, &speakers))
}

fn answer(scores: &ClipScores, temperature: f32) -> Result<Option<Answer>, TrainError> {
    Ok(scores.probabilities(temperature).map(|probabilities| Answer::new(&probabilities)).transpose()?)
}

fn as_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
