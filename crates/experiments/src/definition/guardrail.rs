//! What an arm must not do.

use super::metric::{Better, Metric};
use crate::analysis::Interval;
use std::fmt;

/// A figure that may get worse by so much and no more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guardrail {
    /// The figure.
    pub metric: Metric,
    /// By how much an arm may be worse than the control, 0 or more, in the unit of the figure.
    pub tolerated: f64,
}

/// What a guardrail says about an arm.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The whole interval is within what is tolerated.
    Clear,
    /// The interval holds tolerated and other values, or there is none yet.
    Watching,
    /// The whole interval is beyond what is tolerated: the arm has to stop.
    Breached {
        /// Why, for people.
        reason: String,
    },
}

impl Guardrail {
    /// Judges the difference between an arm and the control. With an interval that holds at every look, an arm
    /// that keeps the guardrail is ever stopped with a probability of at most that interval's `alpha`.
    pub fn judge(&self, difference: Option<&Interval>) -> Verdict {
        let Some(difference) = difference else { return Verdict::Watching };
        // By how much the arm is worse, at least and at most.
        let (least, most) = match self.metric.better() {
            Better::Higher => (-difference.high, -difference.low),
            Better::Lower => (difference.low, difference.high),
        };
        if least > self.tolerated {
            Verdict::Breached { reason: self.reason(least, most) }
        } else if most <= self.tolerated {
            Verdict::Clear
        } else {
            Verdict::Watching
        }
    }

    fn reason(&self, least: f64, most: f64) -> String {
        let Self { metric, tolerated } = self;
        format!(
            "{metric} is worse than the control's by {least:.4} to {most:.4}, and {tolerated:.4} is tolerated"
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clear => f.write_str("clear"),
            Self::Watching => f.write_str("watching"),
            Self::Breached { reason } => write!(f, "breached: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accuracy(low: f64, high: f64) -> Verdict {
        let guardrail = Guardrail { metric: Metric::Accuracy, tolerated: 0.02 };
        guardrail.judge(Some(&Interval { value: (low + high) / 2.0, low, high }))
    }

    #[test]
    fn an_arm_stops_when_all_that_is_plausible_is_too_bad() {
        assert_eq!(accuracy(-0.01, 0.03), Verdict::Clear);
        assert_eq!(accuracy(-0.05, 0.01), Verdict::Watching);
        let Verdict::Breached { reason } = accuracy(-0.05, -0.03) else { panic!("not breached") };
        assert_eq!(
            reason,
            "accuracy is worse than the control's by 0.0300 to 0.0500, and 0.0200 is tolerated"
        );
    }

    #[test]
    fn latency_breaches_upwards() {
        let guardrail = Guardrail { metric: Metric::Latency, tolerated: 0.0 };
        let judge = |low, high| guardrail.judge(Some(&Interval { value: low, low, high }));
        assert!(matches!(judge(0.001, 0.002), Verdict::Breached { .. }));
        assert_eq!(judge(-0.002, -0.001), Verdict::Clear);
    }

    #[test]
    fn without_an_interval_nothing_is_said() {
        let guardrail = Guardrail { metric: Metric::Latency, tolerated: 0.0 };
        assert_eq!(guardrail.judge(None), Verdict::Watching);
    }
}
