//! Two answers about the same things.

use super::estimate::Estimate;
use crate::numerics::coin_lower;

/// How often one side answered the row's label when the other answered the column's.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    labels: usize,
    table: Vec<f64>,
    answers: u64,
}

impl Agreement {
    /// Counts pairs of labels; pairs beyond the labels are passed over. `None` without any.
    pub fn of(pairs: impl IntoIterator<Item = (usize, usize)>, labels: usize) -> Option<Self> {
        let mut table = vec![0.0; labels * labels];
        let mut answers = 0;
        for (row, column) in pairs.into_iter().filter(|(row, column)| *row < labels && *column < labels) {
            table[row * labels + column] += 1.0;
            answers += 1;
        }
        (answers > 0).then_some(Self { labels, table, answers })
    }

    /// Share of the pairs that are alike.
    pub fn share(&self) -> f64 {
        (0..self.labels).map(|label| self.cell(label, label)).sum()
    }

    /// Cohen's kappa (Cohen 1960): agreement beyond chance. `None` when chance alone agrees always.
    pub fn kappa(&self) -> Option<f64> {
        let (alike, chance) = (self.share(), self.chance());
        (chance < 1.0).then(|| (alike - chance) / (1.0 - chance))
    }

    /// Kappa with its standard error for independent pairs in large samples (Fleiss, Cohen and Everitt 1969, equation
    /// 13). Pairs of one subject are not independent: there it is too small.
    pub fn kappa_estimate(&self) -> Option<Estimate> {
        let kappa = self.kappa()?;
        let chance = self.chance();
        let (rows, columns) = (self.rows(), self.columns());
        let (mut on, mut off) = (0.0, 0.0);
        for row in 0..self.labels {
            for column in 0..self.labels {
                if row == column {
                    let expected = (rows[row] + columns[row]) * (1.0 - kappa);
                    on += self.cell(row, row) * (1.0 - expected).powi(2);
                } else {
                    off += self.cell(row, column) * (columns[row] + rows[column]).powi(2);
                }
            }
        }
        let last = (kappa - chance * (1.0 - kappa)).powi(2);
        let variance = (on + (1.0 - kappa).powi(2) * off - last) / (1.0 - chance).powi(2);
        let standard_error = (variance.max(0.0) / self.answers as f64).sqrt();
        Some(Estimate { value: kappa, standard_error, units: self.answers })
    }

    fn chance(&self) -> f64 {
        self.rows().iter().zip(self.columns()).map(|(row, column)| row * column).sum()
    }

    /// A cell as a share of all pairs.
    fn cell(&self, row: usize, column: usize) -> f64 {
        self.table[row * self.labels + column] / self.answers as f64
    }

    fn rows(&self) -> Vec<f64> {
        (0..self.labels).map(|row| (0..self.labels).map(|column| self.cell(row, column)).sum()).collect()
    }

    fn columns(&self) -> Vec<f64> {
        (0..self.labels).map(|column| (0..self.labels).map(|row| self.cell(row, column)).sum()).collect()
    }
}

/// The exact test of McNemar (1947) that two sides are right equally often, from how often only the one and only the
/// other was right: two-sided p-value of a fair coin. Right for one look at independent pairs.
pub fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let fewer = only_first.min(only_second);
    (2.0 * coin_lower(fewer, only_first.saturating_add(only_second))).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(table: [[usize; 2]; 2]) -> Vec<(usize, usize)> {
        let cells = [(0, 0), (0, 1), (1, 0), (1, 1)];
        cells.into_iter().flat_map(|(row, column)| vec![(row, column); table[row][column]]).collect()
    }

    #[test]
    fn agreement_by_chance_has_no_kappa_worth() {
        let chance = Agreement::of(pairs([[25, 25], [25, 25]]), 2).unwrap();
        assert!((chance.share() - 0.5).abs() < 1e-12 && chance.kappa().unwrap().abs() < 1e-12);
        let full = Agreement::of(pairs([[10, 0], [0, 10]]), 2).unwrap();
        assert!((full.kappa().unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_label_alone_has_no_kappa() {
        assert_eq!(Agreement::of(pairs([[10, 0], [0, 0]]), 2).unwrap().kappa(), None);
        assert_eq!(Agreement::of([(2, 0)], 2), None);
    }

    #[test]
    fn as_many_on_either_side_prove_nothing() {
        assert!((mcnemar(7, 7) - 1.0).abs() < 1e-12 && (mcnemar(0, 0) - 1.0).abs() < 1e-12);
        assert!((mcnemar(0, 10) - 2.0_f64.powi(-9)).abs() < 1e-15);
    }
}
