//! From a model's logits to probabilities.

/// One probability per label; they sum to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Probabilities(Vec<f32>);

/// The most probable label and its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Index of the label.
    pub label: usize,
    /// Its probability.
    pub probability: f32,
}

impl Probabilities {
    /// Softmax of `logits / temperature`. `None` when a logit is not finite or there is none.
    pub fn from_logits(logits: &[f32], temperature: f32) -> Option<Self> {
        if logits.is_empty() || logits.iter().any(|logit| !logit.is_finite()) {
            return None;
        }
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weights: Vec<f32> = logits.iter().map(|logit| ((logit - highest) / temperature).exp()).collect();
        let total: f32 = weights.iter().sum();
        Some(Self(weights.into_iter().map(|weight| weight / total).collect()))
    }

    /// One value per label.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// The most probable label; the first one when two are equal.
    pub fn top(&self) -> Scored {
        let mut best = Scored { label: 0, probability: f32::NEG_INFINITY };
        for (label, &probability) in self.0.iter().enumerate() {
            if probability > best.probability {
                best = Scored { label, probability };
            }
        }
        best
    }

    /// The labels whose probability is at least `threshold`, the most probable first; the most probable one alone
    /// when none is. The prediction set of the LAC score (Sadinle, Lei and Wasserman 2019).
    pub fn plausible(&self, threshold: f32) -> Vec<usize> {
        let mut labels: Vec<usize> = (0..self.0.len()).filter(|&label| self.0[label] >= threshold).collect();
        if labels.is_empty() {
            return vec![self.top().label];
        }
        labels.sort_by(|&a, &b| self.0[b].total_cmp(&self.0[a]));
        labels
    }

    /// The values, owned.
    pub fn into_values(self) -> Vec<f32> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_keep_the_order_of_the_logits() {
        let scores = Probabilities::from_logits(&[1.0, 3.0, 2.0], 0.7).expect("finite");
        assert!((scores.values().iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(scores.top().label, 1);
    }

    #[test]
    fn a_logit_that_is_not_finite_gives_nothing() {
        assert_eq!(Probabilities::from_logits(&[0.0, f32::NAN], 1.0), None);
        assert_eq!(Probabilities::from_logits(&[], 1.0), None);
    }

    #[test]
    fn plausible_labels_reach_the_threshold_and_begin_with_the_top_one() {
        let scores = Probabilities(vec![0.25, 0.5, 0.0, 0.25]);
        assert_eq!(scores.plausible(0.0), [1, 0, 3, 2]);
        assert_eq!(scores.plausible(0.25), [1, 0, 3]);
        assert_eq!(scores.plausible(0.3), [1]);
        assert_eq!(scores.plausible(0.9), [1], "the set is never empty");
    }

    #[test]
    fn huge_logits_do_not_overflow() {
        let scores = Probabilities::from_logits(&[1e30, -1e30], 1.0).expect("finite");
        assert_eq!(scores.values(), &[1.0, 0.0]);
    }
}
