//! Statistics against the numbers of SciPy and statsmodels.

use serde::Deserialize;
use undertone_experiments::{
    Adjusted, Agreement, Cluster, Effect, Foreseen, RatioCheck, Sequence, Sums, Target, calibration_error,
    mcnemar, wilson,
};

const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Figures {
    mcnemar: Vec<(u64, u64, f64)>,
    kappa: Vec<Kappa>,
    wilson: Vec<(u64, u64, f64, f64, f64)>,
    chi_square: Vec<Ratio>,
    dirichlet: Vec<Ratio>,
    calibration: Calibration,
    cluster: Clusters,
    sequence: Vec<Sequential>,
    fixed: Vec<(f64, f64, f64, f64)>,
    covariate: Covariate,
    power: Vec<(f64, f64, f64, u64)>,
}

#[derive(Deserialize)]
struct Kappa {
    table: Vec<Vec<usize>>,
    kappa: f64,
    standard_error: f64,
}

#[derive(Deserialize)]
struct Ratio {
    weights: Vec<u16>,
    units: Vec<u64>,
    #[serde(alias = "p_value", alias = "e_value")]
    expected: f64,
}

#[derive(Deserialize)]
struct Calibration {
    confidences: Vec<f64>,
    right: Vec<bool>,
    error: f64,
}

#[derive(Deserialize)]
struct Clusters {
    clusters: Vec<(f64, f64)>,
    mean: f64,
    standard_error: f64,
}

#[derive(Deserialize)]
struct Sequential {
    alpha: f64,
    planned: u64,
    units: u64,
    value: f64,
    standard_error: f64,
    half_width: f64,
    e_value: f64,
}

#[derive(Deserialize)]
struct Covariate {
    units: Vec<(usize, f64, f64)>,
    difference: f64,
    slope: f64,
}

fn figures() -> Figures {
    serde_json::from_str(include_str!("../../reference/figures.json")).expect("the committed figures")
}

/// Fails unless the two are alike, relative to the expected one when it is above 1.
#[track_caller]
fn assert_close(own: f64, expected: f64) {
    let distance = (own - expected).abs() / expected.abs().max(1.0);
    assert!(distance < TOLERANCE, "{own} instead of {expected}");
}

#[test]
fn mcnemar_is_that_of_statsmodels() {
    for (first, second, expected) in figures().mcnemar {
        assert_close(mcnemar(first, second), expected);
    }
}

#[test]
fn kappa_and_its_standard_error_are_those_of_statsmodels() {
    for Kappa { table, kappa, standard_error } in figures().kappa {
        let rows = table.iter().enumerate();
        let cells = rows
            .flat_map(|(row, cells)| cells.iter().enumerate().map(move |(column, own)| (row, column, own)));
        let pairs = cells.flat_map(|(row, column, count)| vec![(row, column); *count]);
        let estimate = Agreement::of(pairs, table.len()).unwrap().kappa_estimate().unwrap();
        assert_close(estimate.value, kappa);
        assert_close(estimate.standard_error, standard_error);
    }
}

#[test]
fn wilson_is_that_of_statsmodels() {
    for (successes, trials, alpha, low, high) in figures().wilson {
        let interval = wilson(successes, trials, alpha).unwrap();
        assert_close(interval.low, low);
        assert_close(interval.high, high);
    }
}

#[test]
fn chi_square_is_that_of_scipy() {
    for Ratio { weights, units, expected } in figures().chi_square {
        assert_close(RatioCheck::new(&weights).unwrap().p_value_once(&units), expected);
    }
}

#[test]
fn the_mixture_of_ratios_is_that_of_scipys_distributions() {
    for Ratio { weights, units, expected } in figures().dirichlet {
        assert_close(RatioCheck::new(&weights).unwrap().e_value(&units), expected);
    }
}

#[test]
fn the_calibration_error_is_that_of_numpy() {
    let Calibration { confidences, right, error } = figures().calibration;
    assert_close(calibration_error(confidences.into_iter().zip(right)).unwrap(), error);
}

#[test]
fn the_standard_error_of_a_clustered_mean_is_that_of_estimating_equations() {
    let Clusters { clusters, mean, standard_error } = figures().cluster;
    let sums: Sums = clusters.into_iter().map(|(weight, value)| Cluster { weight, value }).collect();
    let estimate = sums.estimate().unwrap();
    assert_close(estimate.value, mean);
    assert_close(estimate.standard_error, standard_error);
}

#[test]
fn the_confidence_sequence_is_that_of_the_published_formulas() {
    for own in figures().sequence {
        let sequence = Sequence::new(own.alpha, own.planned).unwrap();
        let Sequential { units, value, standard_error, .. } = own;
        let effect = Effect { value, standard_error, units, fewest: units / 2 };
        let interval = sequence.interval(&effect).unwrap();
        assert_close(interval.high - value, own.half_width);
        assert_close(sequence.e_value(&effect, 0.0).unwrap(), own.e_value);
    }
}

#[test]
fn a_look_once_is_that_of_scipys_normal_distribution() {
    for (value, standard_error, p_value, half_width) in figures().fixed {
        let effect = Effect { value, standard_error, units: 100, fewest: 50 };
        assert_close(effect.p_value_once().unwrap(), p_value);
        assert_close(effect.interval_once(0.05).unwrap().high - value, half_width);
    }
}

#[test]
fn the_adjustment_by_a_covariate_is_that_of_least_squares() {
    let Covariate { units, difference, slope } = figures().covariate;
    let of = |arm: usize| -> Vec<Foreseen> {
        let own = units.iter().filter(|(other, ..)| *other == arm);
        own.map(|(_, value, covariate)| Foreseen { value: *value, covariate: *covariate }).collect()
    };
    let adjusted = Adjusted::between(&of(0), &of(1)).unwrap();
    assert_close(adjusted.effect.value, difference);
    assert_close(adjusted.slope, slope);
}

#[test]
fn the_units_of_a_test_are_those_of_the_formula_with_scipys_quantiles() {
    for (control, difference, power, units) in figures().power {
        let target =
            Target { control, difference, correlation: 0.0, answers_per_unit: 1.0, share: 0.5, power };
        assert_eq!(target.units_once(0.05), Some(units));
    }
}
