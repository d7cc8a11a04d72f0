//! The gamma function and its incomplete integrals.

const SHIFT: f64 = 10.0;
const MOST_TERMS: usize = 10_000;
const RELATIVE: f64 = 1e-16;
/// Below this the continued fraction would divide by zero.
const TINY: f64 = 1e-300;

/// `ln Γ(x)` for `x` above 0: Stirling's series (Abramowitz and Stegun 1964, 6.1.41) for `x` of at least 10, where its
/// first left-out term is below 1e-14; smaller ones are brought there by `Γ(x + 1) = x Γ(x)`.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    let (mut shifted, mut product) = (x, 1.0);
    while shifted < SHIFT {
        product *= shifted;
        shifted += 1.0;
    }
    let inverse = 1.0 / shifted;
    let square = inverse * inverse;
    let coefficients =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0];
    let series = coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * square + coefficient) * inverse;
    let half_ln_tau = 0.5 * std::f64::consts::TAU.ln();
    (shifted - 0.5) * shifted.ln() - shifted + half_ln_tau + series - f64::ln(product)
}

/// `Q(a, x) = Γ(a, x) / Γ(a)` for `a` above 0 and `x` from 0 (Abramowitz and Stegun 1964, 6.5.3): the series 6.5.29 where
/// it is quick, else the continued fraction 6.5.31 in the order of Lentz (1976).
pub(crate) fn upper_share(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 { 1.0 - front * series(a, x) } else { front * continued_fraction(a, x) }
}

fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0 / a, 1.0 / a);
    for index in 1..MOST_TERMS {
        term *= x / (a + index as f64);
        sum += term;
        if term < sum * RELATIVE {
            break;
        }
    }
    sum
}

fn continued_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for index in 1..MOST_TERMS {
        let index = index as f64;
        let numerator = index * (a - index);
        b += 2.0;
        d = 1.0 / away_from_zero(numerator * d + b);
        c = away_from_zero(b + numerator / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < RELATIVE {
            break;
        }
    }
    fraction
}

fn away_from_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factorials_come_out() {
        let mut factorial = 1.0_f64;
        for n in 1..30 {
            assert!((ln_gamma(f64::from(n)) - factorial.ln()).abs() < 1e-12 * factorial.ln().max(1.0));
            factorial *= f64::from(n);
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-14);
    }

    #[test]
    fn the_exponential_distribution_is_a_special_case() {
        for x in [0.0, 0.1, 1.0, 1.9, 2.1, 30.0, 700.0] {
            assert!((upper_share(1.0, x) - (-x).exp()).abs() < 1e-14);
        }
    }
}
