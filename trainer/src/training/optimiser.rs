//! AdamW (Loshchilov and Hutter 2019).

use crate::{Parameters, Role};
use std::collections::BTreeMap;

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Moving averages of each gradient and of its square.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct AdamW {
    /// First and second moments by parameter name.
    pub(super) moments: BTreeMap<String, [Vec<f32>; 2]>,
    /// Steps taken.
    pub(super) steps: u32,
}

impl AdamW {
    /// Changes the learnt parameters by one step. `weight_decay` pulls at matrices only.
    pub(super) fn step(
        &mut self,
        parameters: &mut Parameters,
        gradients: &BTreeMap<String, Vec<f32>>,
        learning_rate: f32,
        weight_decay: f32,
    ) {
        self.steps += 1;
        let correction = |decay: f32| 1.0 - f64::from(decay).powf(f64::from(self.steps)) as f32;
        let corrections = [correction(FIRST_DECAY), correction(SECOND_DECAY)];
        for (name, gradient) in gradients {
            let parameter = parameters.get_mut(name);
            let decay = if parameter.role == Role::Matrix { learning_rate * weight_decay } else { 0.0 };
            let zeros = || [vec![0.0; gradient.len()], vec![0.0; gradient.len()]];
            let [first, second] = self.moments.entry(name.clone()).or_insert_with(zeros);
            let moments = first.iter_mut().zip(second);
            for ((value, gradient), (first, second)) in parameter.values.iter_mut().zip(gradient).zip(moments)
            {
                *first = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * gradient;
                *second = SECOND_DECAY * *second + (1.0 - SECOND_DECAY) * gradient * gradient;
                let deviation = (*second / corrections[1]).sqrt() + EPSILON;
                *value -= decay * *value + learning_rate * (*first / corrections[0]) / deviation;
            }
        }
    }
}

/// Shortens all gradients together to the length `limit` when they are longer (Pascanu et al. 2013).
pub(super) fn clip(gradients: &mut BTreeMap<String, Vec<f32>>, limit: f32) {
    let squares = gradients.values().flatten().map(|value| f64::from(*value).powi(2));
    let length = squares.sum::<f64>().sqrt() as f32;
    if length > limit {
        gradients.values_mut().flatten().for_each(|value| *value *= limit / length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_find_the_lowest_point_of_a_bowl() {
        let mut parameters = Parameters::default();
        parameters.fill("x", &[2], Role::Vector, 0.0);
        let mut optimiser = AdamW::default();
        for _ in 0..500 {
            let slope =
                parameters.get("x").values.iter().zip([3.0, -1.0]).map(|(x, lowest)| x - lowest).collect();
            optimiser.step(&mut parameters, &BTreeMap::from([("x".to_owned(), slope)]), 0.05, 0.1);
        }
        let found = &parameters.get("x").values;
        assert!((found[0] - 3.0).abs() < 0.05 && (found[1] + 1.0).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn decay_pulls_at_matrices_only() {
        let mut parameters = Parameters::default();
        parameters.fill("matrix", &[1], Role::Matrix, 1.0);
        parameters.fill("vector", &[1], Role::Vector, 1.0);
        let still = BTreeMap::from(["matrix", "vector"].map(|name| (name.to_owned(), vec![0.0])));
        AdamW::default().step(&mut parameters, &still, 0.1, 0.5);
        assert_eq!(parameters.get("matrix").values, [0.95]);
        assert_eq!(parameters.get("vector").values, [1.0]);
    }

    #[test]
    fn long_gradients_are_shortened_and_short_ones_kept() {
        let mut gradients = BTreeMap::from([("a".to_owned(), vec![3.0]), ("b".to_owned(), vec![4.0])]);
        clip(&mut gradients, 10.0);
        assert_eq!(gradients["b"], [4.0]);
        clip(&mut gradients, 2.5);
        assert_eq!((gradients["a"][0], gradients["b"][0]), (1.5, 2.0));
    }
}
