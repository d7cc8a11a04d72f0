//! How fast a figure grows that goes up and down by itself.

/// The slope of the line through `points` that lies nearest to them (least squares).
pub(super) fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let together: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let alone: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    together / alone
}

#[test]
fn a_small_leak_shows_among_readings_that_swing_by_more_than_it_adds_up_to() {
    // What a version takes comes and goes, by turns of seven swaps.
    let reading = |leak: f64| {
        move |swap: u32| (f64::from(swap), 9e7 + 8e6 * f64::from(swap % 7) / 6.0 + leak * f64::from(swap))
    };
    let slope_of = |leak| slope(&(11..=100).map(reading(leak)).collect::<Vec<_>>());
    assert!(slope_of(0.0).abs() < super::SLOPE_BYTES / 2.0, "{}", slope_of(0.0));
    assert!(slope_of(177e3) > 2.0 * super::SLOPE_BYTES, "{}", slope_of(177e3));
}
