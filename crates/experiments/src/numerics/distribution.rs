//! Tails of the distributions that tests are read from.

use super::gamma::{ln_gamma, upper_share};

/// Halvings of the interval in which a quantile is looked for: it is 77 wide and ends narrower than a double tells.
const HALVINGS: usize = 64;
/// Where the normal distribution's tail is no longer a double.
const FARTHEST: f64 = 38.5;

/// `P(Z > z)` of the normal distribution with mean 0 and variance 1 (Abramowitz and Stegun 1964, 26.2.3 and 6.5.17).
pub(crate) fn normal_upper(z: f64) -> f64 {
    let tail = 0.5 * upper_share(0.5, 0.5 * z * z);
    if z < 0.0 { 1.0 - tail } else { tail }
}

/// `P(|Z| > |z|)`.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    upper_share(0.5, 0.5 * z * z)
}

/// The `z` that `P(Z > z)` is `share` of, from -38.5 to 38.5.
pub(crate) fn normal_upper_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-FARTHEST, FARTHEST);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if normal_upper(middle) > share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// `P(X > statistic)` of the chi-square distribution (Abramowitz and Stegun 1964, 26.4.19).
pub(crate) fn chi_square_upper(statistic: f64, freedom: usize) -> f64 {
    if freedom == 0 { 1.0 } else { upper_share(0.5 * freedom as f64, 0.5 * statistic) }
}

/// `P(X <= most)` of heads in `throws` of a fair coin, summed from `most` downwards until nothing is added.
pub(crate) fn coin_lower(most: u64, throws: u64) -> f64 {
    let (k, n) = (most as f64, throws as f64);
    let ln_first = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0) - n * std::f64::consts::LN_2;
    let (mut relative, mut sum) = (1.0, 1.0);
    for heads in (1..=most).rev() {
        // Each term from the one above it.
        relative *= heads as f64 / (throws - heads + 1) as f64;
        sum += relative;
        if relative < sum * f64::EPSILON {
            break;
        }
    }
    (ln_first.exp() * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_undo_tails() {
        for share in [1e-12, 0.001, 0.025, 0.5, 0.8, 0.975] {
            assert!((normal_upper(normal_upper_quantile(share)) - share).abs() < 1e-13);
        }
        assert!((normal_upper_quantile(0.025) - 1.959_963_984_540_054).abs() < 1e-12);
    }

    #[test]
    fn a_fair_coin_is_counted() {
        assert!((coin_lower(2, 5) - 0.5).abs() < 1e-14);
        assert!((coin_lower(0, 3) - 0.125).abs() < 1e-14);
        assert!((coin_lower(5, 5) - 1.0).abs() < 1e-14);
    }
}
