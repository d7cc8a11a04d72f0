//! An experiment as somebody writes it down.

use super::eligibility::Condition;
use super::metric_name;
use crate::settings::parse_duration;
use crate::wire_time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use undertone_core::{ModelRef, Role, UnixMicros};
use undertone_experiments::{Arm, Bucket, Definition, Goal, Guardrail, Holdout, Slot, Unit};

/// Buckets of a percent.
const BUCKETS_OF_PERCENT: f64 = 100.0;

/// An experiment as somebody writes it down, in TOML or JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// Letters, digits, `.`, `_` and `-`.
    pub(crate) name: String,
    /// What is expected, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) hypothesis: String,
    #[serde(default)]
    pub(crate) unit: UnitName,
    /// What makes its draws its own; empty: its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) salt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) layer: Option<LayerPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) holdout: Option<HeldOut>,
    /// All must hold of a stream's labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) eligible: Vec<Condition>,
    /// RFC 3339; empty: when it is started.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) start: String,
    /// RFC 3339; empty: when somebody ends it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) end: String,
    /// The name of the arm that the others are compared with.
    pub(crate) control: String,
    pub(crate) arms: Vec<ArmDocument>,
    /// The first one decides.
    pub(crate) metrics: Vec<GoalDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) guardrails: Vec<GuardrailDocument>,
    #[serde(default = "default_alpha")]
    pub(crate) alpha: f64,
    pub(crate) planned_units: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expect: Option<Expectation>,
    /// An answer counts as judged when something was said about it within this time, and only once the time is over, as `24h`.
    /// Empty: whatever was said counts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) feedback_within: String,
    /// Weights follow the evidence; else they are changed by people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) adaptive: Option<Adaptive>,
    /// The labels of the arms' models, in the order of the control's. The server fills them in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) labels: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnitName {
    #[default]
    Subject,
    Stream,
}

/// A part of a layer, in percent of all units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayerPart {
    pub(crate) name: String,
    pub(crate) from: f64,
    pub(crate) until: f64,
}

/// Units that are kept out, in percent of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeldOut {
    pub(crate) name: String,
    pub(crate) percent: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArmDocument {
    pub(crate) name: String,
    /// `NAME` for the newest version, or `NAME@VERSION`.
    pub(crate) model: String,
    /// Percent of the units.
    #[serde(default)]
    pub(crate) weight: f64,
    /// Whether its answers are recorded only.
    #[serde(default)]
    pub(crate) shadow: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoalDocument {
    pub(crate) metric: String,
    #[serde(default)]
    pub(crate) margin: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardrailDocument {
    pub(crate) metric: String,
    #[serde(default)]
    pub(crate) tolerated: f64,
}

/// Weights that follow the evidence (Thompson sampling on right and wrong answers).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adaptive {
    /// Percent of the units that every live arm keeps.
    pub(crate) floor: f64,
    /// How often weights are looked at, as `1h`.
    #[serde(default = "hourly")]
    pub(crate) every: String,
}

impl Adaptive {
    /// How often weights are looked at; `None` when it is no duration.
    pub(crate) fn pause(&self) -> Option<Duration> {
        parse_duration(&self.every).filter(|every| !every.is_zero())
    }

    /// The floor in buckets.
    pub(crate) fn floor_buckets(&self) -> u16 {
        // A cast saturates; what is no percentage was refused.
        (self.floor * BUCKETS_OF_PERCENT).round() as u16
    }

    fn mistakes(&self, document: &Document) -> Vec<String> {
        let mut mistakes = Vec::new();
        let live = document.arms.iter().filter(|arm| !arm.shadow).count();
        if !(self.floor >= 1.0 / BUCKETS_OF_PERCENT && self.floor * live as f64 <= 100.0) {
            let floor = self.floor;
            mistakes
                .push(format!("adaptive.floor: {floor} is no percentage above 0 that {live} arms can keep"));
        }
        if self.pause().is_none() {
            mistakes.push(format!("adaptive.every: {:?} is no duration such as 1h", self.every));
        }
        if document.metrics.first().is_none_or(|goal| goal.metric != "accuracy") {
            mistakes.push(
                "adaptive: weights follow right answers, so accuracy has to be the first metric".to_owned(),
            );
        }
        if document.unit != UnitName::Subject {
            mistakes.push("adaptive: the unit has to be the subject".to_owned());
        }
        mistakes
    }
}

fn hourly() -> String {
    "1h".to_owned()
}

/// What is expected of shares such as accuracy, for an estimate before the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    pub(crate) control: f64,
    pub(crate) difference: f64,
    #[serde(default = "one")]
    pub(crate) answers_per_unit: f64,
    #[serde(default)]
    pub(crate) correlation: f64,
    #[serde(default = "default_power")]
    pub(crate) power: f64,
    #[serde(default)]
    pub(crate) units_per_day: f64,
    /// Share of the audio that a shadow and the control have both right or both wrong.
    #[serde(default = "usual_agreement")]
    pub(crate) agreement: f64,
}

impl Expectation {
    /// What no share, number or probability can be.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let within = |value: f64| value > 0.0 && value < 1.0;
        let other = self.control + self.difference;
        let rules = [
            ("control", self.control, within(self.control), "it lies between 0 and 1"),
            (
                "difference",
                self.difference,
                self.difference != 0.0 && (0.0..=1.0).contains(&other),
                "it is not 0, and control with it lies from 0 to 1",
            ),
            (
                "answers_per_unit",
                self.answers_per_unit,
                self.answers_per_unit >= 1.0,
                "it is a number from 1",
            ),
            ("correlation", self.correlation, (0.0..=1.0).contains(&self.correlation), "it lies from 0 to 1"),
            ("power", self.power, within(self.power), "it lies between 0 and 1"),
            ("units_per_day", self.units_per_day, self.units_per_day >= 0.0, "it is a number from 0"),
            ("agreement", self.agreement, (0.0..=1.0).contains(&self.agreement), "it lies from 0 to 1"),
        ];
        let wrong = rules.into_iter().filter(|(_, value, good, _)| !(*good && value.is_finite()));
        wrong.map(|(name, value, _, rule)| format!("expect.{name} is {value}, and {rule}")).collect()
    }
}

const fn usual_agreement() -> f64 {
    0.8
}

const fn default_alpha() -> f64 {
    0.05
}

const fn default_power() -> f64 {
    0.8
}

const fn one() -> f64 {
    1.0
}

impl Document {
    /// When units may be assigned, as far as the definition says: from the first until the second.
    pub(crate) fn window(&self) -> (Option<UnixMicros>, Option<UnixMicros>) {
        (moment(&self.start).ok().flatten(), moment(&self.end).ok().flatten())
    }

    /// What the statistics know of it; else everything that cannot be translated.
    pub(crate) fn definition(&self) -> Result<Definition, Vec<String>> {
        let (definition, mistakes) = self.translated();
        if mistakes.is_empty() { Ok(definition) } else { Err(mistakes) }
    }

    /// What the statistics know of it, without what cannot be translated, which is told beside.
    pub(crate) fn translated(&self) -> (Definition, Vec<String>) {
        let mut mistakes = Vec::new();
        let goals = self.metrics.iter().filter_map(|goal| {
            let metric = self.metric(&goal.metric, &mut mistakes)?;
            Some(Goal { metric, margin: goal.margin })
        });
        let goals: Vec<Goal> = goals.collect();
        let guardrails = self.guardrails.iter().filter_map(|own| {
            let metric = self.metric(&own.metric, &mut mistakes)?;
            Some(Guardrail { metric, tolerated: own.tolerated })
        });
        let guardrails: Vec<Guardrail> = guardrails.collect();
        if !self.feedback_within.is_empty() && self.patience().is_none() {
            mistakes.push(format!("feedback_within: {:?} is no duration such as 24h", self.feedback_within));
        }
        mistakes.extend(self.adaptive.iter().flat_map(|own| own.mistakes(self)));
        let mut buckets = |what: &str, percent: f64| in_buckets(what, percent, &mut mistakes);
        let arms: Vec<Arm> = self.arms.iter().map(|arm| arm.arm(&mut buckets)).collect();
        let slot = self.layer.as_ref().map(|part| Slot {
            layer: part.name.clone(),
            from: buckets("layer.from", part.from),
            until: buckets("layer.until", part.until),
        });
        let holdout = self
            .holdout
            .as_ref()
            .map(|own| Holdout { salt: own.name.clone(), buckets: buckets("holdout.percent", own.percent) });
        for (field, text) in [("start", &self.start), ("end", &self.end)] {
            mistakes.extend(moment(text).err().map(|error| format!("{field}: {error}")));
        }
        let definition = Definition {
            name: self.name.clone(),
            arms,
            control: self.control.clone(),
            unit: if self.unit == UnitName::Subject { Unit::Subject } else { Unit::Stream },
            salt: if self.salt.is_empty() { self.name.clone() } else { self.salt.clone() },
            slot,
            holdout,
            goals,
            guardrails,
            alpha: self.alpha,
            planned_units: self.planned_units,
        };
        (definition, mistakes)
    }

    /// For how long feedback is waited for, where it is.
    pub(crate) fn patience(&self) -> Option<Duration> {
        parse_duration(&self.feedback_within).filter(|own| !own.is_zero())
    }

    /// The weights in percent by arm.
    pub(crate) fn weights(&self) -> BTreeMap<String, f64> {
        self.arms.iter().map(|arm| (arm.name.clone(), arm.weight)).collect()
    }

    fn metric(&self, name: &str, mistakes: &mut Vec<String>) -> Option<undertone_experiments::Metric> {
        metric_name::parse(name, &self.labels).map_err(|mistake| mistakes.push(mistake)).ok()
    }
}

impl ArmDocument {
    /// Its model's name and version; the version is empty for the newest one.
    pub(crate) fn reference(&self) -> ModelRef {
        let (name, version) = self.model.split_once('@').unwrap_or((&self.model, ""));
        ModelRef { name: name.to_owned(), version: version.to_owned() }
    }

    fn arm(&self, buckets: &mut impl FnMut(&str, f64) -> u16) -> Arm {
        Arm {
            name: self.name.clone(),
            model: self.reference(),
            weight: buckets(&format!("the weight of arm {:?}", self.name), self.weight),
            role: if self.shadow { Role::Shadow } else { Role::Live },
        }
    }
}

fn in_buckets(what: &str, percent: f64, mistakes: &mut Vec<String>) -> u16 {
    let buckets = percent * BUCKETS_OF_PERCENT;
    let whole = buckets.round();
    if !(0.0..=f64::from(Bucket::COUNT)).contains(&whole) || (buckets - whole).abs() > 1e-6 {
        mistakes.push(format!("{what}: {percent} is no number from 0 to 100 with at most two decimals"));
        return 0;
    }
    whole as u16
}

fn moment(text: &str) -> Result<Option<UnixMicros>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("{text:?} is no time such as 2026-03-01T08:00:00Z");
    let time: prost_types::Timestamp = text.parse().map_err(|_| wrong())?;
    wire_time::moment(&time).map(Some).ok_or_else(wrong)
}
