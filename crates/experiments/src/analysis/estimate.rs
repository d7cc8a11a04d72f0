//! Figures that are about normal around the truth.

use super::interval::Interval;
use crate::numerics::{normal_two_sided, normal_upper_quantile};

/// A figure of one arm and how far it strays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// Its standard error, with subjects as what is independent.
    pub standard_error: f64,
    /// How many subjects it stands on.
    pub units: u64,
}

/// What tests and intervals are made for: a figure, or the difference of two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The figure or difference.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// How many subjects it stands on, all together.
    pub units: u64,
    /// How many subjects the smaller arm has.
    pub fewest: u64,
}

impl Effect {
    /// `arm` less `control`, of different subjects.
    pub fn between(control: &Estimate, arm: &Estimate) -> Self {
        Self {
            value: arm.value - control.value,
            standard_error: control.standard_error.hypot(arm.standard_error),
            units: control.units + arm.units,
            fewest: control.units.min(arm.units),
        }
    }

    /// How many standard errors it is away from `null`; `None` when it has no spread.
    pub fn z(&self, null: f64) -> Option<f64> {
        let z = (self.value - null) / self.standard_error;
        (self.standard_error > 0.0 && z.is_finite()).then_some(z)
    }

    /// Two-sided p-value of the difference from 0 (Wald 1943). Right once, at a time that was fixed in advance.
    pub fn p_value_once(&self) -> Option<f64> {
        self.z(0.0).map(normal_two_sided)
    }

    /// The interval that belongs to [`Self::p_value_once`], right once as well.
    pub fn interval_once(&self, alpha: f64) -> Option<Interval> {
        let half_width = normal_upper_quantile(alpha / 2.0) * self.standard_error;
        self.z(0.0).map(|_| Interval::around(self.value, half_width))
    }
}

impl From<Estimate> for Effect {
    fn from(own: Estimate) -> Self {
        Self { value: own.value, standard_error: own.standard_error, units: own.units, fewest: own.units }
    }
}
