//! What a network said about a clip.

use crate::EvaluationError;
use undertone_core::Emotion;

/// Number of labels.
pub(crate) const LABELS: usize = Emotion::ALL.len();
/// How far the sum of probabilities may be from 1: they are written with six decimals, and softmax rounds.
const SUM_TOLERANCE: f64 = 1e-3;
/// Probabilities are held as they are written, so that figures do not change when evidence is read back.
const STEPS: f64 = 1e6;

/// A probability per emotion, rounded to six decimals, and the emotion that is most probable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    label: Emotion,
    probabilities: [f32; LABELS],
}

/// An acted emotion beside what was said about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The acted emotion.
    pub truth: Emotion,
    /// The answer; `None` when no speech was found, which counts as wrong.
    pub answer: Option<Answer>,
}

impl Answer {
    /// Takes probabilities in the order of [`Emotion::ALL`]; the first of equally probable emotions is the
    /// answer. Fails unless there are eight, all from 0 to 1, with a sum within 0.001 of 1.
    pub fn new(probabilities: &[f32]) -> Result<Self, EvaluationError> {
        let values = checked(probabilities).map_err(|what| EvaluationError::Probabilities { what })?;
        let mut top = 0;
        for (label, value) in values.iter().enumerate() {
            if *value > values[top] {
                top = label;
            }
        }
        Ok(Self { label: Emotion::ALL[top], probabilities: values.map(rounded) })
    }

    /// Takes an answer that was written down; `label` may be any of the most probable ones, since rounding
    /// makes values equal.
    pub(crate) fn read(label: Emotion, probabilities: &[f32]) -> Result<Self, String> {
        let values = checked(probabilities)?;
        let own = values[label.index()];
        match Emotion::ALL.into_iter().find(|other| values[other.index()] > own) {
            Some(other) => Err(format!("predicted is {label}, but {other} is more probable")),
            None => Ok(Self { label, probabilities: values.map(rounded) }),
        }
    }

    /// The answer with its probabilities to the power of `exponent`, in parts of their sum: with `T / exponent` in place of the
    /// temperature `T`.
    pub(crate) fn raised(&self, exponent: f64) -> Self {
        let powers = self.probabilities.map(|own| f64::from(own).powf(exponent));
        let sum: f64 = powers.iter().sum();
        Self { label: self.label, probabilities: powers.map(|power| rounded((power / sum) as f32)) }
    }

    /// The most probable emotion.
    pub const fn label(&self) -> Emotion {
        self.label
    }

    /// The probability of the answer.
    pub const fn confidence(&self) -> f32 {
        self.probabilities[self.label.index()]
    }

    /// The probability of `emotion`.
    pub const fn probability(&self, emotion: Emotion) -> f32 {
        self.probabilities[emotion.index()]
    }

    /// All probabilities, in the order of [`Emotion::ALL`].
    pub const fn probabilities(&self) -> &[f32; LABELS] {
        &self.probabilities
    }
}

impl Judged {
    /// Whether there is an answer and it is the acted emotion.
    pub fn right(&self) -> bool {
        self.answer.is_some_and(|answer| answer.label == self.truth)
    }
}

fn checked(probabilities: &[f32]) -> Result<[f32; LABELS], String> {
    let values: [f32; LABELS] = probabilities
        .try_into()
        .map_err(|_| format!("{} probabilities instead of {LABELS}", probabilities.len()))?;
    if let Some(wrong) = values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return Err(format!("{wrong} is not a probability"));
    }
    let sum: f64 = values.iter().map(|value| f64::from(*value)).sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(format!("the probabilities sum to {sum:.6}"));
    }
    Ok(values)
}

fn rounded(probability: f32) -> f32 {
    ((f64::from(probability) * STEPS).round() / STEPS) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_probable_emotion_is_the_answer_and_the_first_of_equals() {
        let answer = Answer::new(&[0.1, 0.3, 0.3, 0.3, 0.0, 0.0, 0.0, 0.0]).unwrap();
        assert_eq!((answer.label(), answer.confidence()), (Emotion::Calm, 0.3));
    }

    #[test]
    fn values_that_are_no_probabilities_are_refused() {
        let refusal = |values: &[f32]| Answer::new(values).unwrap_err().to_string();
        assert!(refusal(&[1.0]).contains("1 probabilities instead of 8"));
        assert!(refusal(&[f32::NAN, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).contains("NaN"));
        assert!(refusal(&[-0.1, 1.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).contains("-0.1"));
        assert!(refusal(&[0.5, 0.498, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]).contains("sum to 0.998"));
    }
}
