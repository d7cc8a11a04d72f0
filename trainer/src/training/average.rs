//! A moving average of all parameters, statistics included (Polyak and Juditsky 1992).

use crate::Parameters;

/// Moves `average` towards `parameters`. Early on it follows faster, so that the random start is soon
/// forgotten. `step` counts from 0.
pub(super) fn follow(average: &mut Parameters, parameters: &Parameters, decay: f32, step: usize) {
    let decay = decay.min((1.0 + step as f32) / (10.0 + step as f32));
    for ((_, average), (_, current)) in average.iter_mut().zip(parameters.iter()) {
        for (average, current) in average.values.iter_mut().zip(&current.values) {
            *average = decay * *average + (1.0 - decay) * current;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn the_average_comes_to_rest_where_the_parameters_rest() {
        let filled = |value| {
            let mut parameters = Parameters::default();
            parameters.fill("x", &[1], Role::Statistic, value);
            parameters
        };
        let mut average = filled(100.0);
        (0..200).for_each(|step| follow(&mut average, &filled(1.0), 0.9, step));
        assert!((average.get("x").values[0] - 1.0).abs() < 1e-3);
    }
}
