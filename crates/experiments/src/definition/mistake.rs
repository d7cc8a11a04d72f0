//! What can be wrong with a definition.

use super::metric::Metric;
use std::fmt;

/// Something that is wrong with a definition.
#[derive(Debug, Clone, PartialEq)]
pub enum Mistake {
    /// A text that must say something is empty.
    Empty {
        /// Which one.
        field: &'static str,
    },
    /// A salt or layer holds a zero byte, which separates what is hashed.
    ZeroByte {
        /// Which one.
        field: &'static str,
    },
    /// Fewer than two arms.
    FewArms {
        /// How many.
        arms: usize,
    },
    /// Two arms have one name.
    SameName {
        /// The name.
        name: String,
    },
    /// The weights of the live arms are not all buckets.
    Weights {
        /// Their sum.
        sum: u64,
    },
    /// A shadow arm has a weight.
    ShadowWeight {
        /// The arm.
        name: String,
    },
    /// The control is not among the arms.
    NoSuchControl {
        /// Its name.
        name: String,
    },
    /// The control is a shadow.
    ShadowControl,
    /// A slot that holds no bucket, or ends behind the last one.
    Slot {
        /// Its first bucket.
        from: u16,
        /// The first one behind it.
        until: u16,
    },
    /// A holdout that leaves no unit.
    Holdout {
        /// Its buckets.
        buckets: u16,
    },
    /// No metric to decide by.
    NoMetric,
    /// The first metric is one to look at once.
    NotSequential {
        /// It.
        metric: Metric,
    },
    /// A guardrail is about a metric that cannot be looked at again and again.
    GuardrailNotSequential {
        /// It.
        metric: Metric,
    },
    /// A metric stands twice in one list.
    Twice {
        /// It.
        metric: Metric,
    },
    /// A margin or tolerance that is negative, no number, or as wide as the figure's differences can be: nothing is beyond it.
    Margin {
        /// Which of the two.
        field: &'static str,
        /// Whose.
        metric: Metric,
        /// The margin.
        margin: f64,
    },
    /// `alpha` is not between 0 and 1.
    Alpha {
        /// It.
        alpha: f64,
    },
    /// An experiment that is planned for nobody.
    NoUnits,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { field } => write!(f, "{field} is empty"),
            Self::ZeroByte { field } => write!(f, "{field} holds a zero byte"),
            Self::FewArms { arms } => write!(f, "it has {arms} arms, and a comparison takes two"),
            Self::SameName { name } => write!(f, "two arms are named {name:?}"),
            Self::Weights { sum } => {
                // A bucket is a hundredth of a percent, in which people give weights.
                write!(f, "the weights of the live arms sum to {} %, not to 100 %", *sum as f64 / 100.0)
            }
            Self::ShadowWeight { name } => write!(f, "the shadow arm {name:?} has a weight"),
            Self::NoSuchControl { name } => write!(f, "the control {name:?} is no arm"),
            Self::ShadowControl => f.write_str("the control is a shadow arm"),
            Self::Slot { from, until } => {
                let percent = |buckets: &u16| f64::from(*buckets) / 100.0;
                let (from, until) = (percent(from), percent(until));
                write!(f, "the part of the layer from {from} % until {until} % is none of 0 % to 100 %")
            }
            Self::Holdout { buckets } => {
                write!(f, "a holdout of {} % leaves nobody", f64::from(*buckets) / 100.0)
            }
            Self::NoMetric => f.write_str("no metric says what to decide by"),
            Self::NotSequential { metric } => {
                write!(f, "{metric} cannot be the first metric: its intervals hold for one look only")
            }
            Self::GuardrailNotSequential { metric } => {
                write!(f, "{metric} cannot be a guardrail: its intervals hold for one look only")
            }
            Self::Twice { metric } => write!(f, "{metric} stands twice"),
            Self::Margin { field, metric, margin } => match metric.difference_bounds().1 {
                most if *margin >= most => {
                    write!(
                        f,
                        "{field} of {metric} is {margin}, and no two figures are further apart than {most}"
                    )
                }
                _ => write!(f, "{field} of {metric} is {margin}, and it is a number from 0"),
            },
            Self::Alpha { alpha } => write!(f, "alpha is {alpha}, and it lies between 0 and 1"),
            Self::NoUnits => f.write_str("it is planned for 0 units"),
        }
    }
}
