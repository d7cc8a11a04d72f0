//! What answers add to the rollups, counted here: Postgres is sent a few sums instead of looking at every row again.

use crate::analytics::{Measure, Step, bin_of_confidence, bin_of_micros};
use crate::columns::PredictionColumns;
use std::collections::{BTreeMap, HashMap};
use undertone_core::{InputMeasure, UnixMicros};

const STEPS: [Step; 3] = [Step::Minute, Step::Hour, Step::Day];

/// A final answer, as far as rollups go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'r> {
    pub(super) created_at_micros: i64,
    pub(super) group: Group<'r>,
    pub(super) top: &'r str,
    pub(super) abstained: bool,
    pub(super) confidence: f64,
    pub(super) speech_samples: i64,
    /// Queue, features and inference, in microseconds.
    pub(super) times: [i64; 3],
    /// In the order of [`InputMeasure::ALL`].
    pub(super) heard: [Option<f64>; 4],
}

/// What the answers of a rollup have in common beside the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Group<'r> {
    pub(super) tenant: &'r str,
    pub(super) model_name: &'r str,
    pub(super) model_version: &'r str,
    /// Empty outside experiments.
    pub(super) arm: &'r str,
    pub(super) role: &'r str,
}

/// Start of a bucket in seconds since 1970, and its length as rollups name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Bucket {
    pub(super) level: &'static str,
    pub(super) seconds: i64,
}

/// The sums of a row of `rollups`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) answers: i64,
    pub(super) abstained: i64,
    /// In millionths.
    pub(super) confidence_micros: i64,
    pub(super) speech_samples: i64,
    /// Queue, features and inference, in microseconds.
    pub(super) times: [i64; 3],
}

/// What is added to `rollups` and `rollup_bins`.
#[derive(Debug, Default)]
pub(super) struct Counted<'r> {
    pub(super) tops: BTreeMap<(Bucket, Group<'r>, &'r str), Sums>,
    /// By the place of the measure in [`Measure::ALL`].
    pub(super) bins: BTreeMap<(Bucket, usize, Group<'r>, i16), i64>,
}

/// The answers of a group in a minute.
#[derive(Default)]
struct Minute<'r> {
    /// A model has few labels.
    tops: Vec<(&'r str, Sums)>,
    /// Answers by bin, by the place of the measure in [`Measure::ALL`].
    bins: [Vec<i64>; Measure::ALL.len()],
}

impl<'r> Facts<'r> {
    /// None for an interim answer.
    pub(super) fn of(row: &'r PredictionColumns) -> Option<Self> {
        row.is_final.then(|| Self {
            created_at_micros: row.created_at_micros,
            group: Group {
                tenant: &row.tenant,
                model_name: &row.model_name,
                model_version: &row.model_version,
                arm: row.arm.as_deref().unwrap_or_default(),
                role: &row.role,
            },
            top: &row.top,
            abstained: row.abstained,
            confidence: row.confidence,
            speech_samples: row.end_samples.saturating_sub(row.start_samples),
            times: [row.queue_micros, row.features_micros, row.inference_micros],
            heard: [row.level_dbfs, row.snr_db, row.speech_share, row.f0_hz],
        })
    }

    fn sums(&self) -> Sums {
        Sums {
            answers: 1,
            abstained: self.abstained.into(),
            // From single precision, as it is stored, so that what is taken away later is the same.
            confidence_micros: (f64::from(self.confidence as f32) * 1e6).round_ties_even() as i64,
            speech_samples: self.speech_samples,
            times: self.times,
        }
    }

    /// The bin of every measure, none where it was not measured.
    fn bins(&self) -> [Option<i16>; Measure::ALL.len()] {
        let heard = |place: usize| {
            let value = self.heard[place]?;
            Some(InputMeasure::ALL[place].bin_of(value as f32) as i16)
        };
        let [queue, features, inference] = self.times.map(|micros| Some(bin_of_micros(micros)));
        let confidence = Some(bin_of_confidence(self.confidence));
        [confidence, queue, features, inference, heard(0), heard(1), heard(2), heard(3)]
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.abstained += other.abstained;
        self.confidence_micros += other.confidence_micros;
        self.speech_samples = self.speech_samples.saturating_add(other.speech_samples);
        for (own, more) in self.times.iter_mut().zip(other.times) {
            *own = own.saturating_add(more);
        }
    }
}

impl<'r> Minute<'r> {
    fn add(&mut self, answer: &Facts<'r>) {
        let sums = answer.sums();
        match self.tops.iter_mut().find(|(top, _)| *top == answer.top) {
            Some((_, known)) => known.add(&sums),
            None => self.tops.push((answer.top, sums)),
        }
        for (cells, bin) in self.bins.iter_mut().zip(answer.bins()) {
            let Some(bin) = bin.and_then(|bin| usize::try_from(bin).ok()) else { continue };
            if cells.len() <= bin {
                cells.resize(bin + 1, 0);
            }
            cells[bin] += 1;
        }
    }
}

impl<'r> Counted<'r> {
    /// Counts final answers.
    pub(super) fn of(answers: impl Iterator<Item = Facts<'r>>) -> Self {
        let mut minutes: HashMap<(i64, Group<'r>), Minute<'r>> = HashMap::new();
        for answer in answers {
            let minute = Step::Minute.floor(UnixMicros(answer.created_at_micros)).0;
            minutes.entry((minute, answer.group)).or_default().add(&answer);
        }
        let mut counted = Self::default();
        for ((at, group), minute) in minutes {
            for step in STEPS {
                let seconds = step.floor(UnixMicros(at)).0 / 1_000_000;
                counted.add((Bucket { level: step.name(), seconds }, group), step, &minute);
            }
        }
        counted
    }

    fn add(&mut self, (bucket, group): (Bucket, Group<'r>), step: Step, minute: &Minute<'r>) {
        for (top, sums) in &minute.tops {
            self.tops.entry((bucket, group, top)).or_default().add(sums);
        }
        for (place, cells) in minute.bins.iter().enumerate() {
            // By the minute there would be more bins of what was heard than answers.
            if step == Step::Minute && matches!(Measure::ALL[place], Measure::Heard(_)) {
                continue;
            }
            for (bin, answers) in cells.iter().enumerate().filter(|(_, answers)| **answers > 0) {
                *self.bins.entry((bucket, place, group, bin as i16)).or_default() += answers;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer<'r>(at_seconds: i64, top: &'r str, tenant: &'r str) -> Facts<'r> {
        Facts {
            created_at_micros: at_seconds * 1_000_000 + 7,
            group: Group { tenant, model_name: "m", model_version: "1", arm: "", role: "live" },
            top,
            abstained: top == "calm",
            confidence: 0.35,
            speech_samples: 16_000,
            times: [1, 2, 3],
            heard: [Some(-20.0), None, Some(0.5), None],
        }
    }

    #[test]
    fn answers_are_counted_once_at_each_level_and_what_was_heard_not_by_the_minute() {
        let answers =
            [answer(0, "calm", "a"), answer(59, "calm", "a"), answer(60, "sad", "a"), answer(60, "sad", "b")];
        let counted = Counted::of(answers.into_iter());
        let answers_of = |level: &str| {
            let rows = counted.tops.iter().filter(|((bucket, ..), _)| bucket.level == level);
            rows.map(|((bucket, group, top), sums)| (bucket.seconds, group.tenant, *top, sums.answers))
                .collect::<Vec<_>>()
        };
        assert_eq!(answers_of("minute"), [(0, "a", "calm", 2), (60, "a", "sad", 1), (60, "b", "sad", 1)]);
        assert_eq!(answers_of("day"), [(0, "a", "calm", 2), (0, "a", "sad", 1), (0, "b", "sad", 1)]);
        let told = |level: &str, measure: usize| {
            let rows = counted
                .bins
                .iter()
                .filter(|((bucket, place, ..), _)| bucket.level == level && *place == measure);
            rows.map(|(_, answers)| answers).sum::<i64>()
        };
        assert_eq!([told("minute", 0), told("hour", 0), told("hour", 4)], [4, 4, 4]);
        assert_eq!([told("minute", 4), told("hour", 5), told("hour", 7)], [0, 0, 0]);
    }

    #[test]
    fn sums_are_those_of_the_stored_single_precision() {
        let counted = Counted::of([answer(0, "sad", "a")].into_iter());
        let sums = counted.tops.values().next().copied().unwrap_or_default();
        assert_eq!((sums.confidence_micros, sums.times, sums.abstained), (350_000, [1, 2, 3], 0));
        let bins: Vec<i16> =
            counted.bins.keys().filter(|(_, place, ..)| *place == 0).map(|key| key.3).collect();
        assert_eq!(bins, [6; 3], "0.35 in single precision lies below the border of bin 7");
    }
}
