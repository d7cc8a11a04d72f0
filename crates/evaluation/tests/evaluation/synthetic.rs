//! Answers of a network that never was: right more often than not, and worse on some actors.

use undertone_core::{Emotion, Probabilities};
use undertone_evaluation::{
    Answer, Epoch, Evidence, FoldFacts, Heard, InterimPrediction, Prediction, Protocol, Run, RunId, Variant,
    abstain_threshold, conformal_threshold,
};

const ACTORS: u32 = 24;
const FOLDS: u32 = 5;
const EPOCHS: u32 = 60;
const HEARD: [Heard; 4] =
    [Heard::Milliseconds(500), Heard::Milliseconds(1000), Heard::Milliseconds(2000), Heard::End];

/// Numbers that look random and are always the same (Park and Miller 1988).
struct Dice {
    state: u64,
}

impl Dice {
    fn unit(&mut self) -> f32 {
        self.state = self.state * 48_271 % 0x7fff_ffff;
        self.state as f32 / 0x7fff_ffff as f32
    }

    /// Nearly normal.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}

/// Two seeds of both protocols.
pub(crate) fn evidence() -> Evidence {
    let mut runs: Vec<Run> = [1, 2].map(|seed| run(Protocol::Speaker5, seed, 1.9)).to_vec();
    runs.extend([1, 2].map(|seed| run(Protocol::Random80, seed, 3.4)));
    ask_otherwise(&mut runs[0]);
    Evidence::new(runs)
}

/// A run whose truth is `skill` above the other emotions, in logits.
pub(crate) fn run(protocol: Protocol, seed: u32, skill: f32) -> Run {
    let mut dice = Dice { state: u64::from(seed) * 7_919 + 17 };
    let mut run = Run::new(RunId { protocol, seed });
    for (clip, actor, emotion) in clips() {
        let fold = if protocol == Protocol::Speaker5 { actor % FOLDS } else { 0 };
        if protocol == Protocol::Random80 && dice.unit() > 0.2 {
            continue;
        }
        let own_skill = skill + 0.9 * ((actor * 7 % 11) as f32 / 10.0 - 0.5);
        let (clip, speaker) = (clip, format!("{actor:02}"));
        let whole = Prediction { clip, speaker, fold, truth: emotion, answer: None };
        run.predictions.push(answered(&whole, own_skill, &mut dice));
        if protocol == Protocol::Speaker5 {
            let shares = [0.35, 0.6, 0.85, 0.9];
            run.interim.extend(HEARD.into_iter().zip(shares).map(|(heard, share)| InterimPrediction {
                heard,
                prediction: answered(&whole, share * own_skill, &mut dice),
            }));
        }
    }
    run.predictions[3].answer = None;
    let folds = if protocol == Protocol::Speaker5 { FOLDS } else { 1 };
    for fold in 0..folds {
        run.folds.push(facts(fold, &run));
        run.curve.extend((1..=EPOCHS).map(|epoch| curve(fold, epoch, &mut dice)));
    }
    if protocol == Protocol::Random80 {
        run.curve.iter_mut().for_each(|epoch| epoch.validation_accuracy = None);
    }
    run
}

/// Answers of weights in 8 bits, those of the network but for one in a hundred, and over a telephone, all the same.
fn ask_otherwise(run: &mut Run) {
    run.int8 = Variant { whole: run.predictions.clone(), interim: run.interim.clone() };
    for own in run.int8.whole.iter_mut().step_by(100) {
        own.answer = Some(Answer::new(&[0.125; 8]).expect("they sum to 1"));
    }
    run.narrowband = Variant { whole: run.predictions.clone(), interim: run.interim.clone() };
}

fn clips() -> Vec<(String, u32, Emotion)> {
    let mut clips = Vec::new();
    for actor in 1..=ACTORS {
        for emotion in Emotion::ALL {
            let intensities = if emotion == Emotion::Neutral { 1 } else { 2 };
            for (intensity, take) in (1..=intensities).flat_map(|own| (0..4).map(move |take| (own, take))) {
                let (statement, repetition) = (1 + take / 2, 1 + take % 2);
                let number = emotion.index() + 1;
                let name =
                    format!("03-01-{number:02}-{intensity:02}-{statement:02}-{repetition:02}-{actor:02}");
                clips.push((name, actor, emotion));
            }
        }
    }
    clips
}

fn answered(clip: &Prediction, skill: f32, dice: &mut Dice) -> Prediction {
    let like = match clip.truth {
        Emotion::Neutral => Emotion::Calm,
        Emotion::Calm => Emotion::Neutral,
        Emotion::Happy => Emotion::Surprised,
        Emotion::Sad => Emotion::Fearful,
        Emotion::Angry => Emotion::Disgust,
        other => other,
    };
    let mut logits = [0.0_f32; 8];
    logits.iter_mut().for_each(|logit| *logit = dice.normal());
    logits[clip.truth.index()] += skill;
    logits[like.index()] += 0.5;
    let probabilities = Probabilities::from_logits(&logits, 0.8).expect("finite logits");
    let answer = Answer::new(probabilities.values()).expect("they sum to 1");
    Prediction { answer: Some(answer), ..clip.clone() }
}

fn facts(fold: u32, run: &Run) -> FoldFacts {
    let inner = run.id.protocol == Protocol::Speaker5;
    let own: Vec<_> = run.predictions.iter().filter(|own| own.fold == fold).collect();
    let others = run.predictions.iter().filter(|own| own.fold != fold);
    let validation: Vec<_> = others.take(240).filter_map(|own| Some((own.truth, own.answer?))).collect();
    let truths: Vec<f32> = validation.iter().map(|(truth, answer)| answer.probability(*truth)).collect();
    let sure: Vec<f32> = validation.iter().map(|(_, answer)| answer.confidence()).collect();
    let right: Vec<bool> = validation.iter().map(|(truth, answer)| answer.label() == *truth).collect();
    let bound = abstain_threshold(&sure, &right, 0.2).filter(|_| inner);
    FoldFacts {
        fold,
        training_clips: 1_440 - own.len() as u32,
        test_clips: own.len() as u32,
        validation_speakers: if inner {
            vec![format!("{:02}", (fold + 1) % FOLDS + FOLDS)]
        } else {
            Vec::new()
        },
        epochs: EPOCHS,
        temperature: inner.then_some(0.81),
        stream_temperature: inner.then_some(0.78),
        conformal_coverage: inner.then_some(0.9),
        conformal_threshold: inner.then(|| f64::from(conformal_threshold(&truths, 0.9))),
        abstain_error: inner.then_some(0.2),
        abstain_below: bound.map(f64::from),
        wall_seconds: 1_812.5,
        learnt_values: 188_120,
    }
}

fn curve(fold: u32, epoch: u32, dice: &mut Dice) -> Epoch {
    let learnt = 1.0 - (-f64::from(epoch) / 14.0).exp();
    let noise = f64::from(dice.normal());
    Epoch {
        fold,
        epoch,
        loss: 2.1 - 1.5 * learnt + 0.02 * noise,
        training_accuracy: (0.14 + 0.82 * learnt + 0.006 * noise).clamp(0.0, 1.0),
        validation_accuracy: Some(
            (0.14 + 0.55 * learnt + 0.02 * noise - 0.02 * f64::from(fold)).clamp(0.0, 1.0),
        ),
    }
}
