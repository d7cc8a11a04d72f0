//! Where values lie on a line.

/// Ticks are at 1, 2 or 5 times a power of ten.
const NICE_STEPS: [f64; 4] = [1.0, 2.0, 5.0, 10.0];
const MOST_TICKS: f64 = 5.0;

/// A range of values, with marks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// What is measured, with its unit.
    pub(crate) label: String,
    /// Marked values and what stands at them, in rising order.
    pub(crate) ticks: Vec<(f64, String)>,
    low: f64,
    high: f64,
}

impl Axis {
    /// Shares from 0 to 100 %.
    pub(crate) fn share(label: &str) -> Self {
        let quarter = |percent: u32| (f64::from(percent) / 100.0, format!("{percent} %"));
        Self {
            label: label.to_owned(),
            ticks: [0, 25, 50, 75, 100].map(quarter).to_vec(),
            low: 0.0,
            high: 1.0,
        }
    }

    /// Shares from 0 to `highest`, or a little more.
    pub(crate) fn share_up_to(label: &str, highest: f64) -> Self {
        let percent = Self::up_to(label, (100.0 * highest).max(MOST_TICKS));
        let tick = |(value, text): (f64, String)| (value / 100.0, format!("{text} %"));
        Self { ticks: percent.ticks.into_iter().map(tick).collect(), high: percent.high / 100.0, ..percent }
    }

    /// Values from 0 to `highest` or a little more.
    pub(crate) fn up_to(label: &str, highest: f64) -> Self {
        let step = nice_step(highest.max(f64::MIN_POSITIVE));
        let steps = (highest / step).ceil().clamp(1.0, 2.0 * MOST_TICKS) as u32;
        let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        let tick = |index: u32| (f64::from(index) * step, format!("{:.decimals$}", f64::from(index) * step));
        let high = f64::from(steps) * step;
        Self { label: label.to_owned(), ticks: (0..=steps).map(tick).collect(), low: 0.0, high }
    }

    /// Marks at the given values only, from 0 to a little more than the last.
    pub(crate) fn marked(label: &str, ticks: Vec<(f64, String)>) -> Self {
        let high = ticks.last().map_or(1.0, |(value, _)| value * 1.05);
        Self { label: label.to_owned(), ticks, low: 0.0, high }
    }

    /// Where `value` lies, 0 at the start and 1 at the end; values outside are moved to an end.
    pub(crate) fn position(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

fn nice_step(highest: f64) -> f64 {
    let rough = highest / MOST_TICKS;
    let power = 10.0_f64.powf(rough.log10().floor());
    let nice = NICE_STEPS.into_iter().find(|step| step * power >= rough);
    nice.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_numbers_that_reach_the_highest_value() {
        let labels =
            |highest| Axis::up_to("", highest).ticks.into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(labels(2.1), ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
        assert_eq!(labels(100.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(0.0).len(), 2);
    }

    #[test]
    fn values_outside_stay_on_the_axis() {
        assert_eq!(Axis::share("").position(1.5), 1.0);
        assert_eq!(Axis::share("").position(-0.5), 0.0);
    }
}
