//! A whole experiment, from assignment to verdict.

use crate::support::definition;
use std::time::Duration;
use undertone_core::Role;
use undertone_experiments::{
    Analysis, ArmIndex, Assignment, Cluster, Definition, Effect, Experiment, Generator, Goal, Guardrail,
    Interval, Judgement, Metric, Observation, Observations, Origin, Outcome, Plan, Sums, Verdict,
};

const LABELS: usize = 4;

/// A model that is right with this probability and takes so many milliseconds.
struct Candidate {
    right: f64,
    milliseconds: u64,
}

fn answer(subject: usize, item: usize, arm: ArmIndex, (truth, predicted): (usize, usize)) -> Observation {
    let mut probabilities = vec![0.1; LABELS];
    probabilities[predicted] = 0.7;
    Observation {
        subject: format!("subject-{subject}"),
        item: format!("{subject}-{item}"),
        arm,
        origin: Origin::Drawn,
        judgement: Judgement::Truth(truth),
        predicted: Some(predicted),
        probabilities,
        confidence: 0.7,
        latency: Duration::from_millis(20),
        waited: Duration::from_millis(1),
        processor: Duration::from_millis(2),
        audio: Duration::from_secs(3),
        period: 0,
        absent: Vec::new(),
    }
}

fn of_model(model: &Candidate, truth: usize, generator: &mut Generator) -> usize {
    if generator.chance(model.right) { truth } else { (truth + 1 + generator.below(LABELS - 1)) % LABELS }
}

/// Three answers a subject, by the arm that the experiment assigns.
fn run(experiment: &Experiment, models: &[Candidate], subjects: usize) -> Observations {
    let mut generator = Generator::new(11);
    let mut observations = Vec::new();
    for subject in 0..subjects {
        let Assignment::Arm { arm, .. } = experiment.assign(&format!("subject-{subject}")) else { continue };
        for item in 0..3 {
            let truth = generator.below(LABELS);
            let model = &models[arm.0];
            let mut own = answer(subject, item, arm, (truth, of_model(model, truth, &mut generator)));
            own.latency = Duration::from_millis(model.milliseconds + generator.below(10) as u64);
            observations.push(own);
        }
    }
    Observations::new(observations, models.len(), LABELS).expect("answers that can be")
}

fn goals(metrics: &[Metric]) -> Vec<Goal> {
    metrics.iter().map(|metric| Goal { metric: *metric, margin: 0.02 }).collect()
}

fn analysis(experiment: &Experiment, observations: &Observations) -> Analysis {
    let plan = Plan { draws: 200, ..Plan::of(experiment).expect("the plan of an experiment") };
    Analysis::of(observations, &plan).expect("a plan with its control")
}

#[test]
fn the_better_arm_is_found_and_the_slower_one_stopped() {
    let guardrails = vec![Guardrail { metric: Metric::Latency, tolerated: 0.02 }];
    let definition = Definition { guardrails, ..definition(&[5000, 5000]) };
    let experiment = Experiment::new(definition).unwrap();
    let models = [Candidate { right: 0.6, milliseconds: 20 }, Candidate { right: 0.75, milliseconds: 60 }];
    let analysis = analysis(&experiment, &run(&experiment, &models, 2000));
    let difference = &analysis.differences[0];
    assert_eq!(difference.outcome, Outcome::Better);
    assert!(difference.changes[0].interval.unwrap().contains(0.15), "{difference:?}");
    assert_eq!(difference.adjusted_p_value, difference.changes[0].p_value);
    assert!(
        matches!(&difference.guardrails[0].1, Verdict::Breached { reason } if reason.starts_with("latency"))
    );
    assert!(!analysis.ratio_mismatch && analysis.paired.is_empty() && analysis.crossed == 0);
}

#[test]
fn arms_of_one_quality_are_not_told_apart() {
    let experiment = Experiment::new(definition(&[3000, 3000, 4000])).unwrap();
    let models = [0, 1, 2].map(|_| Candidate { right: 0.7, milliseconds: 20 });
    let analysis = analysis(&experiment, &run(&experiment, &models, 2000));
    for difference in &analysis.differences {
        assert!(matches!(difference.outcome, Outcome::Open | Outcome::Alike), "{difference:?}");
        assert!(difference.adjusted_p_value.unwrap() > 0.05);
        assert_eq!(difference.guardrails[0].1, Verdict::Clear);
    }
}

#[test]
fn every_figure_has_an_interval_that_holds_its_truth() {
    let metrics = [
        (Metric::Accuracy, 0.7),
        (Metric::AverageRecall, 0.7),
        (Metric::Recall { label: 2 }, 0.7),
        (Metric::Brier, 0.7 * (0.09 + 0.03) + 0.3 * (0.49 + 0.81 + 0.02)),
        (Metric::Confidence, 0.7),
        (Metric::Kappa, 0.6),
        (Metric::Latency, 0.0245),
        (Metric::SlowAnswers { above: Duration::from_micros(26_500) }, 0.3),
    ];
    let wanted: Vec<Metric> =
        metrics.iter().map(|(metric, _)| *metric).chain([Metric::CalibrationError]).collect();
    let experiment =
        Experiment::new(Definition { goals: goals(&wanted), ..definition(&[5000, 5000]) }).unwrap();
    let models = [0, 1].map(|_| Candidate { right: 0.7, milliseconds: 20 });
    let analysis = analysis(&experiment, &run(&experiment, &models, 2000));
    for (place, (metric, truth)) in metrics.iter().enumerate() {
        for arm in &analysis.arms {
            let interval = arm.figures[place].interval.unwrap_or_else(|| panic!("{metric} has no interval"));
            assert!(interval.contains(*truth), "{metric}: {interval:?} without {truth}");
        }
        let change = analysis.differences[0].changes[place];
        assert!(change.interval.is_none_or(|interval| interval.contains(0.0)), "{change:?}");
    }
    let calibration = analysis.arms[0].figures[metrics.len()];
    assert!(calibration.value.unwrap() < 0.03, "{calibration:?}");
    let median = analysis.arms[0].latency[0];
    assert!((median.share - 0.5).abs() < 1e-12 && (median.seconds - 0.0245).abs() < 0.001, "{median:?}");
    assert!(median.interval.unwrap().contains(median.seconds), "{median:?}");
}

#[test]
fn without_draws_there_are_figures_and_no_intervals_that_need_them() {
    let goals = goals(&[Metric::Accuracy, Metric::Kappa]);
    let experiment = Experiment::new(Definition { goals, ..definition(&[5000, 5000]) }).unwrap();
    let models = [0, 1].map(|_| Candidate { right: 0.7, milliseconds: 20 });
    let plan = Plan { draws: 0, ..Plan::of(&experiment).unwrap() };
    let analysis = Analysis::of(&run(&experiment, &models, 500), &plan).unwrap();
    let [accuracy, kappa] = analysis.arms[0].figures[..] else { panic!("{:?}", analysis.arms[0].figures) };
    assert!(accuracy.interval.is_some() && kappa.value.is_some() && kappa.interval.is_none());
    assert!(analysis.arms[0].latency.iter().all(|own| own.interval.is_none() && own.seconds > 0.0));
}

/// What simulations put to the test is these sums.
#[test]
fn the_analysis_says_what_sums_over_subjects_say() {
    let experiment = Experiment::new(definition(&[5000, 5000])).unwrap();
    let models = [0.6, 0.7].map(|right| Candidate { right, milliseconds: 20 });
    let observations = run(&experiment, &models, 1000);
    let estimate = |arm| {
        let mut sums = Sums::new(1.0);
        for subject in observations.subjects(ArmIndex(arm)) {
            let right = subject.iter().filter(|answer| answer.correct() == Some(true)).count();
            sums.push(Cluster { weight: subject.len() as f64, value: right as f64 });
        }
        sums.estimate().unwrap()
    };
    let effect = Effect::between(&estimate(0), &estimate(1));
    let interval = Plan::of(&experiment).unwrap().sequence.interval(&effect);
    let analysis = analysis(&experiment, &observations);
    assert_eq!(analysis.differences[0].changes[0].interval, interval);
}

#[test]
fn a_shadow_is_compared_on_the_same_audio() {
    let mut definition = definition(&[10_000, 0]);
    definition.arms[1].role = Role::Shadow;
    let experiment = Experiment::new(definition).unwrap();
    let mut generator = Generator::new(5);
    let mut observations = Vec::new();
    for subject in 0..1500 {
        let truth = generator.below(LABELS);
        let live = of_model(&Candidate { right: 0.7, milliseconds: 0 }, truth, &mut generator);
        // The shadow says the same of nine in ten, and of the others more that is right.
        let own = of_model(&Candidate { right: 0.9, milliseconds: 0 }, truth, &mut generator);
        let shadow = if generator.chance(0.9) { live } else { own };
        observations.push(answer(subject, 0, ArmIndex(0), (truth, live)));
        observations.push(answer(subject, 0, ArmIndex(1), (truth, shadow)));
    }
    let observations = Observations::new(observations, 2, LABELS).unwrap();
    let analysis = analysis(&experiment, &observations);
    let paired = &analysis.paired[0];
    assert_eq!((paired.pairs, analysis.differences.len()), (1500, 0));
    assert!((paired.agreement.unwrap() - 0.965).abs() < 0.02, "{paired:?}");
    assert!(paired.accuracy.unwrap().contains(0.02) && paired.mcnemar_once < 0.05, "{paired:?}");
    let plain = paired.effect.unwrap().value * 1500.0;
    assert!((plain - (paired.only_arm_right as f64 - paired.only_control_right as f64)).abs() < 1e-6);
    assert!(!analysis.ratio_mismatch && analysis.crossed == 0);
}

#[test]
fn lost_subjects_are_noticed() {
    let experiment = Experiment::new(definition(&[5000, 5000])).unwrap();
    let answers = (0..2000).filter_map(|subject| match experiment.assign(&format!("subject-{subject}")) {
        Assignment::Arm { arm, .. } if arm.0 == 0 || subject % 3 > 0 => Some(answer(subject, 0, arm, (0, 0))),
        _ => None,
    });
    let observations = Observations::new(answers, 2, LABELS).unwrap();
    assert!(analysis(&experiment, &observations).ratio_mismatch);
}

#[test]
fn nothing_seen_says_nothing() {
    let experiment = Experiment::new(definition(&[5000, 5000])).unwrap();
    let analysis = analysis(&experiment, &Observations::new([], 2, LABELS).unwrap());
    let difference = &analysis.differences[0];
    assert_eq!((difference.outcome, difference.adjusted_p_value), (Outcome::Open, None));
    assert_eq!(difference.guardrails[0].1, Verdict::Watching);
    assert!(analysis.arms[0].figures[0].value.is_none() && !analysis.ratio_mismatch);
}

#[test]
fn a_plan_without_its_control_is_refused() {
    let experiment = Experiment::new(definition(&[5000, 5000])).unwrap();
    let plan = Plan { control: ArmIndex(2), ..Plan::of(&experiment).unwrap() };
    assert!(Analysis::of(&Observations::new([], 2, LABELS).unwrap(), &plan).is_err());
}

/// Two arms of one quality: while answers get worse, the second arm's weight grows from 10 % to 90 %.
fn ramped(extra: f64) -> Observations {
    let mut generator = Generator::new(17);
    let mut observations = Vec::new();
    for subject in 0..4000 {
        let period = subject / 2000;
        let (share, right) = if period == 0 { (0.1, 0.9) } else { (0.9, 0.6) };
        let arm = ArmIndex(usize::from(generator.chance(share)));
        let model = Candidate { right: right + extra * arm.0 as f64, milliseconds: 20 };
        let truth = generator.below(LABELS);
        let mut own = answer(subject, 0, arm, (truth, of_model(&model, truth, &mut generator)));
        own.period = period as u32;
        own.latency = Duration::from_millis(20 + 50 * period as u64 + generator.below(10) as u64);
        observations.push(own);
    }
    Observations::new(observations, 2, LABELS).expect("answers that can be")
}

#[test]
fn arms_are_compared_within_the_times_between_changes_of_weights() {
    let goals = goals(&[Metric::Accuracy, Metric::AverageRecall, Metric::Kappa, Metric::Latency]);
    let guardrails = vec![Guardrail { metric: Metric::Latency, tolerated: 0.005 }];
    let experiment = Experiment::new(Definition { goals, guardrails, ..definition(&[1000, 9000]) }).unwrap();
    let alike = analysis(&experiment, &ramped(0.0));
    let [control, arm] = [0, 1].map(|arm| alike.arms[arm].figures[0].value.unwrap());
    assert!(arm - control < -0.15, "over all answers the second arm looks worse: {control} {arm}");
    let difference = &alike.differences[0];
    for change in &difference.changes {
        assert!(change.interval.unwrap().contains(0.0), "{change:?}");
        assert!(change.value.unwrap().abs() < 0.06, "{change:?}");
    }
    assert!(matches!(difference.outcome, Outcome::Open | Outcome::Alike), "{difference:?}");
    assert_eq!(difference.guardrails[0].1, Verdict::Clear, "slow times are not the arm's");
    assert!(difference.latency.iter().all(|own| own.seconds.abs() < 0.003), "{:?}", difference.latency);

    let better = analysis(&experiment, &ramped(0.1));
    let change = better.differences[0].changes[0];
    assert_eq!(better.differences[0].outcome, Outcome::Better);
    assert!(change.interval.unwrap().contains(0.1), "{change:?}");
}

#[test]
fn average_recalls_are_compared_once_both_arms_heard_the_same_labels() {
    let goals = goals(&[Metric::AverageRecall, Metric::Accuracy]);
    let experiment = Experiment::new(Definition { goals, ..definition(&[5000, 5000]) }).unwrap();
    let model = Candidate { right: 0.7, milliseconds: 20 };
    for period in [0, 1] {
        let mut generator = Generator::new(29);
        let mut observations: Vec<Observation> = Vec::new();
        for subject in 0..400 {
            // The last label comes to the second arm at the very end.
            let hears_it = subject == 399 || (subject % 2 == 0 && subject < 40);
            let truth = if hears_it { LABELS - 1 } else { generator.below(LABELS - 1) };
            let arm = ArmIndex(subject % 2);
            let mut own = answer(subject, 0, arm, (truth, of_model(&model, truth, &mut generator)));
            own.period = if subject < 200 { 0 } else { period };
            observations.push(own);
        }
        let told = |observations: &[Observation]| {
            let seen = Observations::new(observations.to_vec(), 2, LABELS).unwrap();
            analysis(&experiment, &seen).differences[0].changes.clone()
        };
        let before = told(&observations[..399]);
        // A later time in which both heard the same is told.
        assert_eq!((before[0].value.is_some(), before[0].interval.is_some()), (period == 1, period == 1));
        assert!(before[1].interval.is_some(), "accuracy is about all answers");
        assert_eq!(told(&observations)[0].interval.is_some(), period == 0, "{period}");
    }
}

#[test]
fn one_person_in_two_periods_is_no_two_people() {
    let experiment = Experiment::new(definition(&[5000, 5000])).unwrap();
    let of = |periods: u32| {
        let mut generator = Generator::new(23);
        let mut observations = Vec::new();
        for subject in 0..1000 {
            let right = generator.chance(0.7);
            for period in 0..periods {
                let mut own =
                    answer(subject, period as usize, ArmIndex(subject % 2), (0, usize::from(!right)));
                own.period = period;
                observations.push(own);
            }
        }
        analysis(&experiment, &Observations::new(observations, 2, LABELS).unwrap())
    };
    let width = |own: Analysis| own.differences[0].changes[0].interval.map(|own| own.high - own.low).unwrap();
    let (one, two) = (width(of(1)), width(of(2)));
    assert!((one - two).abs() < 0.002, "{one} and {two}");
}

#[test]
fn a_live_arm_that_gets_no_new_units_stays_one() {
    let before = Experiment::new(definition(&[5000, 5000])).unwrap();
    let models = [0.6, 0.75].map(|right| Candidate { right, milliseconds: 20 });
    let observations = run(&before, &models, 2000);
    let analysis = analysis(&Experiment::new(definition(&[10_000, 0])).unwrap(), &observations);
    assert_eq!(analysis.differences[0].outcome, Outcome::Better);
    assert!(analysis.paired.is_empty());
}

#[test]
fn quantiles_of_latency_differ_by_an_interval_that_holds_the_truth() {
    let experiment = Experiment::new(definition(&[5000, 5000])).unwrap();
    let models = [20, 35].map(|milliseconds| Candidate { right: 0.7, milliseconds });
    let all = analysis(&experiment, &run(&experiment, &models, 2000));
    let [median, ..] = all.differences[0].latency[..] else { panic!("no latencies") };
    assert_eq!(all.differences[0].latency.len(), 3);
    for own in &all.differences[0].latency {
        // Latencies of this test are whole milliseconds, and floats are not.
        let Interval { low, high, .. } = own.interval.unwrap();
        assert!((low - 1e-9..high + 1e-9).contains(&0.015), "{own:?}");
    }
    assert!(median.interval.unwrap().low > 0.012, "{median:?}");
    let few = analysis(&experiment, &run(&experiment, &models, 100));
    let [median, .., slowest] = few.differences[0].latency[..] else { panic!("no latencies") };
    assert!(median.interval.is_some() && slowest.interval.is_none(), "{slowest:?} of 150 answers");
}

/// The cluster bootstrap, looked at once, by what it promises: five answers a subject, alike within each.
#[test]
fn intervals_of_latency_quantiles_hold_the_truth_as_often_as_they_say() {
    let experiment = Experiment::new(definition(&[5000, 5000])).unwrap();
    let mut held = [0; 2];
    for seed in 0..100 {
        let mut generator = Generator::new(seed);
        let mut observations = Vec::new();
        for subject in 0..200 {
            let own_speed = generator.below(40) as u64;
            for item in 0..5 {
                let mut own = answer(subject, item, ArmIndex(subject % 2), (0, 0));
                own.latency = Duration::from_millis(20 + own_speed + generator.below(10) as u64);
                observations.push(own);
            }
        }
        let analysis = analysis(&experiment, &Observations::new(observations, 2, LABELS).unwrap());
        for (held, own) in held.iter_mut().zip(&analysis.differences[0].latency) {
            *held += usize::from(own.interval.unwrap().contains(0.0));
        }
    }
    // 95 of 100 are meant; fewer than 88 happen by chance once in 500 times, and the seeds are fixed.
    assert!(held.iter().all(|held| *held >= 88), "{held:?}");
}

/// How many of 200 ramps of two arms of one quality, looked at ten times, were ever called different.
fn called_different(period_of: impl Fn(usize) -> u32) -> usize {
    const SUBJECTS: usize = 1000;
    let experiment = Experiment::new(definition(&[1000, 9000])).expect("a definition without mistakes");
    let goals = goals(&[Metric::Accuracy]).iter().map(|goal| Goal { margin: 0.0, ..*goal }).collect();
    let plan = Plan { draws: 0, goals, ..Plan::of(&experiment).expect("the plan of an experiment") };
    let ever = |seed: u64| {
        let mut generator = Generator::new(seed);
        let mut answers = Vec::new();
        let of = |subject: usize, generator: &mut Generator| {
            let (share, right) = [(0.1, 0.9), (0.5, 0.7), (0.9, 0.5)][subject * 3 / SUBJECTS];
            let arm = ArmIndex(usize::from(generator.chance(share)));
            let model = Candidate { right, milliseconds: 20 };
            let mut own = answer(subject, 0, arm, (0, of_model(&model, 0, generator)));
            own.period = period_of(subject * 3 / SUBJECTS);
            own
        };
        (0..SUBJECTS).any(|subject| {
            answers.push(of(subject, &mut generator));
            (subject + 1) % (SUBJECTS / 10) == 0 && {
                let seen = Observations::new(answers.clone(), 2, LABELS).expect("answers that can be");
                let analysis = Analysis::of(&seen, &plan).expect("a plan with its control");
                analysis.differences[0].changes[0].interval.is_some_and(|own| own.excludes(0.0))
            }
        })
    };
    (0..200).filter(|seed| ever(*seed)).count()
}

#[test]
fn a_ramp_of_equal_arms_is_seldom_called_a_difference_however_often_one_looks() {
    // 10 of 200 are allowed.
    let within = called_different(|third| third as u32);
    assert!(within <= 10, "{within}");
    let over_all = called_different(|_| 0);
    assert!(over_all > 150, "{over_all}: means over all answers are what this test is about");
}
