//! What the networks of one training say about the clips they never heard.

use super::interim::interim;
use super::{ClipScores, Decision, DecisionRule, Trial, score};
use crate::dataset::{Line, Part, Playing, Speaker};
use crate::job::parts_learnt;
use crate::recipe::Side;
use crate::training::{EpochReport, Run};
use crate::{Ensemble, Material, Network, TrainError, Trained};
use std::collections::BTreeSet;
use undertone_core::Emotion;
use undertone_evaluation::{Answer, Epoch, FoldFacts, InterimPrediction, Judged, Prediction, RunId, Variant};

/// How far probabilities may be apart because another processor adds in another order.
const ROUNDING: f32 = 1e-3;

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
    /// What both say with weights in 8 bits, where they were asked: see [`Trained::add_int8`].
    pub int8: Variant,
    /// What both say over a telephone, where they were asked: see [`Trained::add_narrowband`].
    pub narrowband: Variant,
}

impl FoldEvidence {
    /// A run of this fold alone.
    pub fn into_run(self, id: RunId) -> undertone_evaluation::Run {
        let Self { predictions, facts, curve, interim, int8, narrowband } = self;
        let folds = vec![facts];
        undertone_evaluation::Run { id, predictions, folds, curve, interim, int8, narrowband }
    }

    /// The only fold of `run`; `None` when it does not hold one.
    pub fn of_run(run: undertone_evaluation::Run) -> Option<Self> {
        let undertone_evaluation::Run { predictions, folds, curve, interim, int8, narrowband, .. } = run;
        let [facts] = <[FoldFacts; 1]>::try_from(folds).ok()?;
        Some(Self { predictions, facts, curve, interim, int8, narrowband })
    }

    /// Adds the rows to those of `run`.
    pub fn add_to(self, run: &mut undertone_evaluation::Run) {
        run.predictions.extend(self.predictions);
        run.folds.push(self.facts);
        run.curve.extend(self.curve);
        run.interim.extend(self.interim);
        run.int8.extend(self.int8);
        run.narrowband.extend(self.narrowband);
    }
}

impl Trained {
    /// Fits both decisions to the validation clips, and asks about the test clips.
    pub fn measure(&self, rule: &DecisionRule) -> Result<Measured, TrainError> {
        let first = Ensemble::from(self.whole[0].averaged());
        let whole_decision = fit(&first, &self.material, rule)?;
        let temperature = whole_decision.map_or(1.0, |decision| decision.temperature);
        let (_, trials) = self.material.trials(Part::Test);
        let judged = ask(&self.ensemble(), temperature, &trials)?;
        let stream = self.stream.as_ref().map(|run| Ensemble::from(run.averaged()));
        let stream = stream.map(|stream| fit(&stream, &self.material, rule)).transpose()?.flatten();
        Ok(Measured { whole: whole_decision, stream, judged })
    }

    /// Everything that is written down about a fold.
    pub fn evidence(&self, fold: u32, rule: &DecisionRule) -> Result<FoldEvidence, TrainError> {
        let measured = self.measure(rule)?;
        let predictions = self.predictions(fold, &measured.judged);
        let temperature = measured.stream.map_or(1.0, |decision| decision.temperature);
        let (_, trials) = self.material.trials(Part::Test);
        let interim = match self.stream.as_ref().map(Run::averaged) {
            Some(stream) => interims(&stream, &predictions, (temperature, &trials))?,
            None => Vec::new(),
        };
        let (facts, curve) = (self.facts(fold, rule, &measured), self.curve(fold));
        let (int8, narrowband) = (Variant::NOT_ASKED, Variant::NOT_ASKED);
        Ok(FoldEvidence { predictions, facts, curve, interim, int8, narrowband })
    }

    /// Rounds the networks as [`crate::quantize`] rounds those of a bundle, asks them about the test clips, and adds what
    /// they say. Temperatures stay: a rounded bundle has those of the bundle it was made from.
    pub fn add_int8(&self, evidence: &mut FoldEvidence) -> Result<(), TrainError> {
        let stream = self.stream.as_ref().map(|run| Ensemble::from(run.averaged()).in_8_bits());
        let (_, trials) = self.material.trials(Part::Test);
        let networks = (&self.ensemble().in_8_bits(), stream.as_ref().map(|own| &own.members()[0]));
        evidence.int8 = self.variant(&evidence.facts, networks, &trials)?;
        Ok(())
    }

    /// Asks about the test clips as a narrowband call brings them, and adds what the networks say. Temperatures stay those of
    /// clips as recorded.
    pub fn add_narrowband(&self, evidence: &mut FoldEvidence) -> Result<(), TrainError> {
        let played = self.material.played(Part::Test, Playing::Line(Line::Narrowband))?;
        let stream = self.stream.as_ref().map(Run::averaged);
        let networks = (&self.ensemble(), stream.as_ref());
        evidence.narrowband = self.variant(&evidence.facts, networks, &played.trials())?;
        Ok(())
    }

    /// What a network of full context and a causal one say about the test clips, which `trials` are.
    fn variant(
        &self,
        facts: &FoldFacts,
        (whole, stream): (&Ensemble, Option<&Network>),
        trials: &[Trial<'_>],
    ) -> Result<Variant, TrainError> {
        let judged = ask(whole, temperature(facts.temperature), trials)?;
        let whole = self.predictions(facts.fold, &judged);
        let interim = match stream {
            Some(stream) => interims(stream, &whole, (temperature(facts.stream_temperature), trials))?,
            None => Vec::new(),
        };
        Ok(Variant { whole, interim })
    }

    /// Fails unless these are the networks that gave the answers of `evidence`, perhaps on another machine.
    pub fn check_answers(&self, evidence: &FoldEvidence) -> Result<(), TrainError> {
        let facts = &evidence.facts;
        let (_, trials) = self.material.trials(Part::Test);
        let judged = ask(&self.ensemble(), temperature(facts.temperature), &trials)?;
        let mut noted: Vec<&Prediction> = evidence.predictions.iter().collect();
        let mut own = self.predictions(facts.fold, &judged);
        noted.sort_by(|left, right| left.clip.cmp(&right.clip));
        own.sort_by(|left, right| left.clip.cmp(&right.clip));
        let same =
            noted.len() == own.len() && noted.into_iter().zip(&own).all(|(noted, own)| alike(noted, own));
        match same {
            true => Ok(()),
            false => Err(TrainError::Unrelated(format!(
                "the finished networks of fold {} are not those that its evidence is about",
                facts.fold
            ))),
        }
    }

    /// Rows for answers to the test clips.
    fn predictions(&self, fold: u32, judged: &[Judged]) -> Vec<Prediction> {
        let prediction = |(clip, judged): (usize, &Judged)| {
            let (name, clip) = (self.material.names[clip].clone(), &self.material.clips[clip]);
            let (truth, answer) = (judged.truth, judged.answer);
            Prediction { clip: name, speaker: clip.speaker.name().to_owned(), fold, truth, answer }
        };
        self.material.split.clips(Part::Test).into_iter().zip(judged).map(prediction).collect()
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

/// The answers of `networks` to some clips.
fn ask(networks: &Ensemble, temperature: f32, trials: &[Trial<'_>]) -> Result<Vec<Judged>, TrainError> {
    let judge = |(scores, trial): (&ClipScores, &Trial<'_>)| {
        Ok(Judged { truth: Emotion::ALL[trial.label], answer: answer(scores, temperature)? })
    };
    score(networks, trials)?.iter().zip(trials).map(judge).collect()
}

/// Rows for what a causal network says about some clips, which are those of `predictions`, while it hears them.
fn interims(
    network: &Network,
    predictions: &[Prediction],
    (temperature, trials): (f32, &[Trial<'_>]),
) -> Result<Vec<InterimPrediction>, TrainError> {
    let mut rows = Vec::new();
    for (prediction, trial) in predictions.iter().zip(trials) {
        for (heard, probabilities) in interim(network, trial, temperature) {
            let answer = Some(Answer::new(&probabilities)?);
            rows.push(InterimPrediction { heard, prediction: Prediction { answer, ..prediction.clone() } });
        }
    }
    Ok(rows)
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

/// A temperature as it was noted down, which divides nothing where there is none.
fn temperature(noted: Option<f64>) -> f32 {
    noted.map_or(1.0, |own| own as f32)
}

/// Whether both say the same of one clip, but for what processors round differently.
fn alike(left: &Prediction, right: &Prediction) -> bool {
    let near = |left: &Answer, right: &Answer| {
        let both = left.probabilities().iter().zip(right.probabilities());
        both.map(|(left, right)| (left - right).abs()).all(|distance| distance <= ROUNDING)
    };
    let answers = match (&left.answer, &right.answer) {
        (Some(left), Some(right)) => near(left, right),
        (left, right) => left.is_none() && right.is_none(),
    };
    left.clip == right.clip && left.truth == right.truth && answers
}

fn answer(scores: &ClipScores, temperature: f32) -> Result<Option<Answer>, TrainError> {
    Ok(scores.probabilities(temperature).map(|probabilities| Answer::new(&probabilities)).transpose()?)
}

fn as_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
