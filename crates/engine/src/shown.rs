//! The label to show while somebody speaks: it does not flicker between two that are about as probable.

use undertone_core::Probabilities;

/// The label shown last, and how much more probable another one must be to take its place.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    hysteresis: f32,
    last: Option<(u32, usize)>,
}

impl Shown {
    /// With 0 the most probable label is always shown.
    pub(crate) fn new(hysteresis: f32) -> Self {
        Self { hysteresis, last: None }
    }

    /// The label to show for an answer about `utterance`; a final one is shown as it is.
    pub(crate) fn label(&mut self, utterance: u32, is_final: bool, now: &Probabilities) -> usize {
        let top = now.top();
        let kept = match self.last {
            Some((number, label)) if number == utterance && !is_final => Some(label),
            _ => None,
        };
        let clear =
            |label: usize| now.values().get(label).is_none_or(|own| top.probability - own > self.hysteresis);
        let label = kept.filter(|&label| !clear(label)).unwrap_or(top.label);
        self.last = Some((utterance, label));
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(first: f32) -> Probabilities {
        Probabilities::from_logits(&[first.ln(), (1.0 - first).ln()], 1.0).expect("finite")
    }

    fn over_time(hysteresis: f32, answers: &[(u32, f32)]) -> Vec<usize> {
        let mut shown = Shown::new(hysteresis);
        answers.iter().map(|&(utterance, first)| shown.label(utterance, false, &of(first))).collect()
    }

    #[test]
    fn another_label_is_shown_once_it_is_clearly_more_probable() {
        let answers = [(1, 0.55), (1, 0.47), (1, 0.52), (1, 0.46), (1, 0.44), (1, 0.53), (1, 0.56)];
        assert_eq!(over_time(0.1, &answers), [0, 0, 0, 0, 1, 1, 0]);
        assert_eq!(over_time(0.0, &answers), [0, 1, 0, 1, 1, 0, 0]);
    }

    #[test]
    fn an_utterance_and_a_final_answer_are_shown_as_they_are() {
        assert_eq!(over_time(0.5, &[(1, 0.6), (2, 0.4)]), [0, 1]);
        let mut shown = Shown::new(0.5);
        shown.label(1, false, &of(0.6));
        assert_eq!(shown.label(1, true, &of(0.4)), 1);
    }
}
