//! A long history of answers, made up so that it looks like that of a service: days have nights, some people speak much and
//! most little, a few models answer, one of them newer, some calls are in an experiment, and a few answers were judged.

mod dice;
mod speech;

use anyhow::Result;
use dice::Dice;
use speech::Speech;
use undertone_core::{
    EndReason, ModelRef, PredictionId, Role, SampleRange, StreamEndRecord, StreamId, StreamRecord,
    UnixMicros, UtteranceRecord,
};
use undertone_store::{
    ExperimentStore, Exposure, FeedbackAbout, FeedbackRow, FeedbackVerdict, Keeping, Loader, PostgresUrl,
    StreamRow,
};
use uuid::Uuid;

/// The experiment that some of the calls are in.
pub const HISTORY_EXPERIMENT: &str = "trial";
/// The label that every call has, and one of its values.
pub const HISTORY_LABEL: (&str, &str) = ("team", "team-7");
/// Utterances of a call on average.
const UTTERANCES: u64 = 20;
const DAY_MICROS: i64 = 86_400_000_000;
/// Of a hundred calls so many are in the experiment, where another model listens along.
const IN_EXPERIMENT_PERCENT: u64 = 10;
/// One answer in so many was judged.
const JUDGED: u64 = 50;
/// Calls that are put into Postgres together.
const TOGETHER: u64 = 1_500;

/// How long a history, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct History {
    /// Answers, to within a call.
    pub answers: u64,
    /// Days over which they are spread.
    pub days: u32,
    /// When it ends.
    pub until: UnixMicros,
}

/// How far the history is made up.
struct Making {
    history: History,
    dice: Dice,
    answers: u64,
    calls: u64,
}

/// Calls, and how to go on.
struct Made {
    making: Making,
    calls: Calls,
}

/// Calls with all that belongs to them.
#[derive(Debug, Default)]
struct Calls {
    streams: Vec<StreamRow>,
    answers: Vec<UtteranceRecord>,
    exposures: Vec<Exposure>,
    feedback: Vec<FeedbackRow>,
}

impl History {
    /// The key, as it is stored, of somebody who speaks much.
    pub fn subject() -> String {
        subject(0)
    }

    /// Puts the history into Postgres by the ways of the server; `tell` hears how many answers are there. Gives how many
    /// there are.
    ///
    /// # Errors
    /// When Postgres does not take it.
    pub async fn load(
        &self,
        url: &PostgresUrl,
        experiments: &ExperimentStore,
        mut tell: impl FnMut(u64),
    ) -> Result<u64> {
        let keeping = Keeping { minutes: None, ..Keeping::default() };
        let mut loader = Loader::open(url, keeping).await?;
        let mut loaded = 0;
        let mut made = Making::of(*self).next().await?;
        while !made.calls.answers.is_empty() {
            let Made { making, calls } = made;
            // The next calls are made up while Postgres takes these.
            let next = tokio::spawn(making.next());
            loader.load(&calls.streams, &calls.answers).await?;
            experiments.expose(&calls.exposures).await?;
            experiments.give_feedback(&calls.feedback).await?;
            while experiments.ship().await? > 0 {}
            loaded += calls.answers.len() as u64;
            tell(loaded);
            made = next.await??;
        }
        Ok(loaded)
    }

    /// When a call begins: by day four times as many as by night.
    fn begun(&self, number: u64, calls: u64) -> UnixMicros {
        let span = i64::from(self.days) * DAY_MICROS;
        let even = (number.min(calls - 1) as f64 + 0.5) / calls as f64 * f64::from(self.days);
        // The place in the day moves towards its middle; the order of calls stays.
        let within = even.fract();
        let bent = within - 0.6 * (std::f64::consts::TAU * within).sin() / std::f64::consts::TAU;
        UnixMicros(self.until.0 - span + ((even.floor() + bent) * DAY_MICROS as f64) as i64)
    }
}

impl Making {
    fn of(history: History) -> Self {
        Self { history, dice: Dice::new(1), answers: 0, calls: 0 }
    }

    /// The next calls; none at the end.
    async fn next(mut self) -> Result<Made> {
        let made = move || {
            let mut calls = Calls::default();
            for _ in 0..TOGETHER {
                if self.answers + calls.answers.len() as u64 >= self.history.answers {
                    break;
                }
                let all = (self.history.answers / UTTERANCES).max(1);
                calls.add(self.history.begun(self.calls, all), self.calls, &mut self.dice);
                self.calls += 1;
            }
            self.answers += calls.answers.len() as u64;
            Made { making: self, calls }
        };
        Ok(tokio::task::spawn_blocking(made).await?)
    }
}

impl Calls {
    fn add(&mut self, begun: UnixMicros, number: u64, dice: &mut Dice) {
        let stream = stream_id(begun, dice);
        let person = dice.skewed(50_000);
        let newer = number.is_multiple_of(3);
        let model = if newer { model("cnn", "1.1.0") } else { model("cnn", "1.0.0") };
        let trial = dice.below(100) < IN_EXPERIMENT_PERCENT;
        let count = 1 + dice.below(2 * UTTERANCES - 1) as u32;
        let mut speech = Speech::new(dice);
        let mut end = 0;
        for utterance in 1..=count {
            let interval = SampleRange { start: end + 8_000, end: end + 8_000 + 16_000 + dice.below(64_000) };
            end = interval.end;
            let mut answer = speech.answer(stream, utterance, dice);
            answer.created_at = UnixMicros(begun.0 + (interval.end as f64 / 16_000.0 * 1e6) as i64);
            answer.model = model.clone();
            answer.tenant = tenant(person);
            answer.interval = interval;
            answer.prediction_id = PredictionId::of_final(stream, utterance);
            answer.arm = trial.then(|| format!("{HISTORY_EXPERIMENT}/cnn"));
            if dice.below(JUDGED) == 0 {
                self.feedback.push(judgement(&answer, person, dice));
            }
            if trial {
                let mut shadow = speech.answer(stream, utterance, dice);
                shadow.tenant = tenant(person);
                shadow.prediction_id = PredictionId::of_shadow(stream, utterance, 1);
                shadow.arm = Some(format!("{HISTORY_EXPERIMENT}/lstm"));
                shadow.role = Role::Shadow;
                shadow.model = self::model("lstm", "1.0.0");
                (shadow.created_at, shadow.interval) = (answer.created_at, interval);
                self.answers.push(shadow);
            }
            self.answers.push(answer);
        }
        if trial {
            self.exposures.push(exposure(stream, person, begun));
        }
        self.streams.push(row(stream, begun, (person, model), (end, count)));
    }
}

fn row(
    stream: StreamId,
    begun: UnixMicros,
    (person, model): (u64, ModelRef),
    (samples, utterances): (u64, u32),
) -> StreamRow {
    let labels = [(HISTORY_LABEL.0.to_owned(), format!("team-{}", person % 200))];
    let opened = StreamRecord {
        stream_id: stream,
        opened_at: begun,
        tenant: tenant(person),
        subject_key: Some(subject(person)),
        model,
        encoding: "OGG_OPUS".to_owned(),
        sample_rate_hz: 48_000,
        labels: labels.into(),
    };
    let ended_at = UnixMicros(begun.0 + (samples as f64 / 16_000.0 * 1e6) as i64);
    let reason = EndReason::Finished;
    let ended = StreamEndRecord { stream_id: stream, ended_at, reason, samples, utterances };
    StreamRow { opened, ended: Some(ended), recovered: false }
}

fn exposure(stream: StreamId, person: u64, at: UnixMicros) -> Exposure {
    Exposure {
        tenant: tenant(person),
        experiment: HISTORY_EXPERIMENT.to_owned(),
        unit: subject(person),
        forced: false,
        arm: "cnn".to_owned(),
        share: 1.0,
        revision: 1,
        stream_id: stream,
        at,
    }
}

fn judgement(answer: &UtteranceRecord, person: u64, dice: &mut Dice) -> FeedbackRow {
    let label =
        if dice.below(10) < 7 { answer.top.clone() } else { answer.labels[dice.below(8) as usize].clone() };
    FeedbackRow {
        tenant: tenant(person),
        id: Uuid::from_u128(answer.prediction_id.uuid().as_u128() ^ (1 << 40)),
        about: FeedbackAbout::Prediction(answer.prediction_id),
        verdict: FeedbackVerdict::Label(label),
        source: "reviewer".to_owned(),
        said_at: UnixMicros(answer.created_at.0 + 60_000_000),
        received_at: UnixMicros(answer.created_at.0 + 61_000_000),
    }
}

fn tenant(person: u64) -> String {
    let name = if person % 10 == 9 { "acme" } else { "default" };
    name.to_owned()
}

/// As long as a hashed key.
fn subject(person: u64) -> String {
    format!("{person:064x}")
}

fn model(name: &str, version: &str) -> ModelRef {
    ModelRef { name: name.to_owned(), version: version.to_owned() }
}

/// A UUIDv7 of that time.
fn stream_id(at: UnixMicros, dice: &mut Dice) -> StreamId {
    let millis = (at.0 / 1_000) as u128;
    let random = u128::from(dice.draw()) << 64 | u128::from(dice.draw());
    let tail = (random & ((1 << 76) - 1)) & !(0xF << 76 | 0b11 << 62);
    StreamId::from_uuid(Uuid::from_u128(millis << 80 | 0x7 << 76 | 0b10 << 62 | tail))
}
