//! The section `[calibration]` of a manifest: how far a model's scores can be trusted.

use serde::{Deserialize, Serialize};

/// What a model's scores need, and how far they can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Logits are divided by this before the softmax (Guo et al. 2017, temperature scaling). Above 0.
    pub temperature: f32,
    /// An answer whose highest probability is lower abstains. From 0 to 1; a server's setting goes before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abstain_below: Option<f32>,
    /// The share of wrong answers among those that `abstain_below` keeps is at most this on the validation
    /// speakers. From 0 to 1; only beside `abstain_below`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abstain_error: Option<f32>,
    /// From which probability on a label is plausible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conformal: Option<Conformal>,
}

/// Sets of plausible labels by split conformal prediction with the LAC score (Sadinle, Lei and Wasserman 2019,
/// "Least ambiguous set-valued classifiers with bounded error levels").
///
/// The set of an answer is every label whose calibrated probability is at least `threshold`; when none is, the
/// most probable label alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformal {
    /// Share of utterances whose set holds the true label, for speech like the validation speakers'. Between 0
    /// and 1, both excluded.
    pub coverage: f32,
    /// The lowest probability of a plausible label. From 0 to 1.
    pub threshold: f32,
}

impl Calibration {
    /// A temperature, and nothing known beyond it.
    pub const fn of_temperature(temperature: f32) -> Self {
        Self { temperature, abstain_below: None, abstain_error: None, conformal: None }
    }

    /// Everything that is wrong with the section.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut found = Vec::new();
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            found.push(format!("calibration.temperature: {} is not above 0", self.temperature));
        }
        let shares = [
            ("abstain_below", self.abstain_below),
            ("abstain_error", self.abstain_error),
            ("conformal.threshold", self.conformal.map(|conformal| conformal.threshold)),
        ];
        for (field, share) in shares {
            if let Some(share) = share.filter(|share| !(0.0..=1.0).contains(share)) {
                found.push(format!("calibration.{field}: {share} is not from 0 to 1"));
            }
        }
        if self.abstain_error.is_some() && self.abstain_below.is_none() {
            found.push("calibration.abstain_error: says nothing without abstain_below".to_owned());
        }
        if let Some(Conformal { coverage, .. }) = self.conformal
            && !(coverage > 0.0 && coverage < 1.0)
        {
            found.push(format!("calibration.conformal.coverage: {coverage} is not between 0 and 1"));
        }
        found
    }
}
