//! The figures that follow from counts.

/// Shares of nothing count as so much, so that an index with logarithms stays finite.
const LEAST_SHARE: f64 = 1e-4;

/// Jensen-Shannon divergence in bits between the shares of two counts over the same classes (Lin 1991): the mean of the
/// Kullback-Leibler divergences of each from their middle.
pub(super) fn jensen_shannon(left: &[u64], right: &[u64]) -> f64 {
    let (left, right) = (shares(left), shares(right));
    let half = |own: &[f64], other: &[f64]| -> f64 {
        let term = |(&p, &q): (&f64, &f64)| if p > 0.0 { p * (2.0 * p / (p + q)).log2() } else { 0.0 };
        own.iter().zip(other).map(term).sum()
    };
    // Rounding may lead a hair below nothing.
    ((half(&left, &right) + half(&right, &left)) / 2.0).max(0.0)
}

/// Population stability index: the sum of (p - q) ln(p / q) over the classes.
pub(super) fn stability_index(left: &[u64], right: &[u64]) -> f64 {
    let (left, right) = (shares(left), shares(right));
    let term = |(p, q): (&f64, &f64)| {
        let (p, q) = (p.max(LEAST_SHARE), q.max(LEAST_SHARE));
        (p - q) * (p / q).ln()
    };
    left.iter().zip(&right).map(term).sum()
}

/// Cohen's kappa (1960) over `cells` of left class, right class and count: agreement beyond chance. 1 when there is nothing
/// that chance could bring.
pub(super) fn kappa(cells: &[(usize, usize, u64)]) -> f64 {
    let total: u64 = cells.iter().map(|cell| cell.2).sum();
    let classes = cells.iter().map(|cell| cell.0.max(cell.1) + 1).max().unwrap_or(0);
    let (mut left, mut right) = (vec![0; classes], vec![0; classes]);
    let mut same = 0;
    for &(a, b, count) in cells {
        left[a] += count;
        right[b] += count;
        same += if a == b { count } else { 0 };
    }
    let all = total as f64;
    let chance: f64 = left.iter().zip(&right).map(|(&a, &b)| (a as f64 / all) * (b as f64 / all)).sum();
    let agreement = same as f64 / all;
    if chance >= 1.0 { 1.0 } else { (agreement - chance) / (1.0 - chance) }
}

fn shares(counts: &[u64]) -> Vec<f64> {
    let total: u64 = counts.iter().sum();
    counts.iter().map(|&count| if total == 0 { 0.0 } else { count as f64 / total as f64 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value}, not {expected}");
    }

    #[test]
    fn equal_shares_do_not_diverge_and_disjoint_ones_by_a_bit() {
        near(jensen_shannon(&[1, 2, 3], &[10, 20, 30]), 0.0);
        near(jensen_shannon(&[5, 0], &[0, 7]), 1.0);
        near(stability_index(&[1, 2, 3], &[10, 20, 30]), 0.0);
        assert!(stability_index(&[5, 0], &[0, 7]).is_finite());
    }

    #[test]
    fn a_shift_of_a_quarter_has_the_figures_that_the_formulas_give() {
        // Shares 1/2, 1/2 against 3/4, 1/4.
        near(stability_index(&[1, 1], &[3, 1]), 0.25 * 3_f64.ln());
        let half = 0.5 * (0.5_f64 / 0.625).log2() + 0.5 * (0.5_f64 / 0.375).log2();
        let other = 0.75 * (0.75_f64 / 0.625).log2() + 0.25 * (0.25_f64 / 0.375).log2();
        near(jensen_shannon(&[1, 1], &[3, 1]), f64::midpoint(half, other));
    }

    #[test]
    fn kappa_is_one_when_all_agree_and_nothing_when_chance_does_as_well() {
        near(kappa(&[(0, 0, 3), (1, 1, 4)]), 1.0);
        near(kappa(&[(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)]), 0.0);
        // 20 and 15 of 50 agree, rows 25 and 25, columns 30 and 20: (0.7 - 0.5) / (1 - 0.5).
        near(kappa(&[(0, 0, 20), (0, 1, 5), (1, 0, 10), (1, 1, 15)]), 0.4);
        near(kappa(&[(0, 0, 9)]), 1.0);
    }
}
