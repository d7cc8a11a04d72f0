//! What the deciding figure says about parts of the streams.

use super::observations::Seen;
use std::collections::BTreeMap;
use undertone_experiments::{Analysis, ArmIndex, Interval, Metric, Observation, Observations, Plan};

/// Labels with more values than this name something else than a part.
const MOST_VALUES: usize = 12;
/// Labels that are looked at, by name.
const MOST_LABELS: usize = 8;

/// The streams with one value of one label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) judged: u64,
    pub(crate) changes: Vec<SegmentChange>,
}

/// An arm less the control in a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SegmentChange {
    pub(crate) arm: ArmIndex,
    /// Whether the arm listened along: then it is the paired difference of accuracies.
    pub(crate) paired: bool,
    pub(crate) metric: Metric,
    pub(crate) value: Option<f64>,
    /// Holds at every look and, with the chosen probability, for all segments together.
    pub(crate) interval: Option<Interval>,
}

/// All segments that were looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Segments {
    pub(crate) rows: Vec<Segment>,
    /// Labels that were passed over, because they have too many values or came behind the last that is looked at.
    pub(crate) passed_over: Vec<String>,
}

impl Segments {
    /// What has to be said beside them.
    pub(crate) fn caution(&self) -> String {
        format!(
            "Of {} segments some look different by chance. Their intervals hold for all of them together, and a difference \
             found here is a question for the next experiment, no answer of this one.",
            self.rows.len()
        )
    }
}

/// The segments of what was seen: one for each value of each label, and one for the streams without it.
pub(super) fn segments(seen: &Seen, plan: &Plan, labels: usize) -> Segments {
    let mut values: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
    for (place, own) in seen.labels.iter().enumerate() {
        for (label, value) in own.iter() {
            values.entry(label).or_default().entry(value).or_default().push(place);
        }
    }
    let mut segments = Segments::default();
    let mut parts: Vec<(&str, &str, Vec<usize>)> = Vec::new();
    for (taken, (label, own)) in values.into_iter().enumerate() {
        if own.len() > MOST_VALUES || taken >= MOST_LABELS {
            segments.passed_over.push(label.to_owned());
            continue;
        }
        let without = (0..seen.labels.len()).filter(|place| !seen.labels[*place].contains_key(label));
        let without: Vec<usize> = without.collect();
        parts.extend(own.into_iter().map(|(value, places)| (label, value, places)));
        parts.extend((!without.is_empty()).then_some((label, "", without)));
    }
    // What is the same for everybody is no part.
    parts.retain(|(_, _, places)| places.len() < seen.labels.len());
    let goals = plan.goals.iter().take(1).copied().collect();
    let plan = Plan {
        goals,
        guardrails: Vec::new(),
        draws: 0,
        sequence: plan.sequence.shared(parts.len()),
        ..plan.clone()
    };
    let rows = parts.iter().filter_map(|(label, value, places)| {
        let answers = places.iter().map(|place| seen.answers[*place].clone());
        segment((*label, *value), answers.collect(), &plan, labels)
    });
    segments.rows = rows.collect();
    segments
}

fn segment(
    (label, value): (&str, &str),
    answers: Vec<Observation>,
    plan: &Plan,
    labels: usize,
) -> Option<Segment> {
    let judged = answers.iter().filter(|own| own.correct().is_some()).count() as u64;
    let answers = Observations::new(answers, plan.weights.len(), labels).ok()?;
    let analysis = Analysis::of(&answers, plan).ok()?;
    let live = analysis.differences.iter().filter_map(|own| {
        let change = own.changes.first()?;
        let (metric, value, interval) = (change.metric, change.value, change.interval);
        Some(SegmentChange { arm: own.arm, paired: false, metric, value, interval })
    });
    let shadows = analysis.paired.iter().map(|own| SegmentChange {
        arm: own.arm,
        paired: true,
        metric: Metric::Accuracy,
        value: own.effect.map(|effect| effect.value),
        interval: own.accuracy,
    });
    let changes = live.chain(shadows).collect();
    Some(Segment { label: label.to_owned(), value: value.to_owned(), judged, changes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use undertone_experiments::{Goal, Judgement, Origin, Sequence};

    fn seen() -> Seen {
        let mut seen = Seen::default();
        for number in 0..400_usize {
            let (arm, sex) = (ArmIndex(number % 2), if number % 4 < 2 { "f" } else { "m" });
            // The second arm is right about everybody, the first about women alone.
            let right = arm.0 == 1 || sex == "f";
            seen.answers.push(Observation {
                subject: format!("person-{number}"),
                item: "1".to_owned(),
                arm,
                origin: Origin::Drawn,
                judgement: if right { Judgement::Right } else { Judgement::Wrong },
                predicted: Some(0),
                probabilities: Vec::new(),
                confidence: 0.5,
                latency: Duration::ZERO,
                waited: Duration::ZERO,
                processor: Duration::ZERO,
                audio: Duration::from_secs(1),
                period: 0,
                absent: Vec::new(),
            });
            let labels = [("sex", sex.to_owned()), ("call", number.to_string()), ("site", "here".to_owned())];
            seen.labels.push(Arc::new(labels.map(|(key, value)| (key.to_owned(), value)).into()));
        }
        seen
    }

    fn plan() -> Plan {
        Plan {
            control: ArmIndex(0),
            weights: vec![5000, 5000],
            shadows: Vec::new(),
            goals: vec![Goal { metric: Metric::Accuracy, margin: 0.0 }],
            guardrails: Vec::new(),
            sequence: Sequence::new(0.05, 400).unwrap(),
            draws: 0,
            seed: 1,
        }
    }

    #[test]
    fn a_difference_in_one_segment_is_told_there() {
        let found = segments(&seen(), &plan(), 2);
        let told: Vec<_> = found.rows.iter().map(|own| (own.label.as_str(), own.value.as_str())).collect();
        assert_eq!(
            told,
            [("sex", "f"), ("sex", "m")],
            "neither what all share nor what nobody shares is a part"
        );
        assert_eq!(found.passed_over, ["call"]);
        let change = |place: usize| found.rows[place].changes[0];
        assert_eq!((change(0).value, change(1).value), (Some(0.0), Some(1.0)));
        assert!(change(1).interval.unwrap().low > 0.5 && change(0).interval.unwrap().contains(0.0));
    }

    #[test]
    fn intervals_of_segments_are_wider_the_more_there_are() {
        let width = |own: &Segment| own.changes[0].interval.map(|own| own.high - own.low).unwrap();
        let two = segments(&seen(), &plan(), 2);
        let mut more = seen();
        for (place, own) in more.labels.iter_mut().enumerate() {
            Arc::make_mut(own).insert("hour".to_owned(), (place % 8).to_string());
        }
        let more = segments(&more, &plan(), 2);
        let own = more.rows.iter().find(|own| own.value == "f").unwrap();
        assert!(more.rows.len() > 2 && width(own) > width(&two.rows[0]));
    }
}
