//! How much of a command's trainings is still to come.

use crate::recipe::Side;
use crate::{Progress, TrainingRecipe};
use std::ops::AddAssign;

/// A learning step takes about three times as long as an answer: forwards, and backwards to the input and to the weights.
const STEP_TO_ANSWER: f64 = 3.0;
/// As many frames as a second has; work is compared for the same speech.
const FRAMES: usize = 100;

/// Epochs that are still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outlook {
    /// Of networks of full context, all together.
    pub whole: usize,
    /// Of causal networks.
    pub stream: usize,
}

/// Tells how long the rest will take, over all networks and folds, from how long the epochs so far took.
#[derive(Debug, Clone)]
pub struct Forecast {
    left: Outlook,
    /// How much longer an epoch of a causal network takes than one of full context; a guess until one was seen.
    stream_ratio: f64,
    whole_seconds: Option<f64>,
    stream_seconds: Option<f64>,
}

impl AddAssign for Outlook {
    fn add_assign(&mut self, other: Self) {
        self.whole += other.whole;
        self.stream += other.stream;
    }
}

impl Forecast {
    /// A forecast before the first epoch of what is `left`.
    pub fn new(recipe: &TrainingRecipe, left: Outlook) -> Self {
        let (teachers, pupil) = (recipe.untrained(), recipe.untrained_stream());
        let of_pupil = STEP_TO_ANSWER * pupil.macs(FRAMES) as f64 + teachers.macs(FRAMES) as f64;
        let of_teacher = STEP_TO_ANSWER * teachers.members()[0].macs(FRAMES) as f64;
        let stream_ratio = of_pupil / of_teacher.max(1.0);
        Self { left, stream_ratio, whole_seconds: None, stream_seconds: None }
    }

    /// Seconds that are left behind an epoch that ended.
    pub fn behind(&mut self, progress: &Progress<'_>) -> f64 {
        let (left, seconds) = match progress.side {
            Side::Whole => (&mut self.left.whole, &mut self.whole_seconds),
            Side::Stream => (&mut self.left.stream, &mut self.stream_seconds),
        };
        *left = left.saturating_sub(1);
        *seconds = Some(progress.seconds);
        let whole = self.whole_seconds.or(self.stream_seconds.map(|own| own / self.stream_ratio));
        let stream = self.stream_seconds.or(self.whole_seconds.map(|own| own * self.stream_ratio));
        self.left.whole as f64 * whole.unwrap_or(0.0) + self.left.stream as f64 * stream.unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::EpochReport;
    use std::path::Path;

    #[test]
    fn the_time_left_is_that_of_all_networks() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/cnn.toml");
        let recipe = TrainingRecipe::read(&path).expect("a good recipe");
        let mut forecast = Forecast::new(&recipe, Outlook { whole: 11, stream: 5 });
        let report = EpochReport { epoch: 1, loss: 1.0, training_accuracy: 0.5, validation_accuracy: None };
        let mut behind = |side, seconds| {
            forecast.behind(&Progress { side, member: 1, members: 3, epochs: 4, report: &report, seconds })
        };
        // Three teachers answer once beside a pupil of their size, which learns: twice as much as learning alone.
        assert!((behind(Side::Whole, 2.0) - (10.0 * 2.0 + 5.0 * 4.0)).abs() < 1e-6);
        assert!((behind(Side::Stream, 3.0) - (10.0 * 2.0 + 4.0 * 3.0)).abs() < 1e-6);
        assert!((behind(Side::Whole, 1.0) - (9.0 * 1.0 + 4.0 * 3.0)).abs() < 1e-6);
    }
}
