//! The words that mean an emotion.

use undertone_core::Emotion;

/// Other words for the eight emotions, as data sets spell them.
const SYNONYMS: [(&str, Emotion); 9] = [
    ("calmness", Emotion::Calm),
    ("happiness", Emotion::Happy),
    ("joy", Emotion::Happy),
    ("sadness", Emotion::Sad),
    ("anger", Emotion::Angry),
    ("fear", Emotion::Fearful),
    ("disgusted", Emotion::Disgust),
    ("surprise", Emotion::Surprised),
    ("neutrality", Emotion::Neutral),
];

/// The emotion that `label` means, in capitals or not; `None` when it means none.
pub(super) fn emotion(label: &str) -> Option<Emotion> {
    let label = label.trim().to_lowercase();
    let synonym = |(word, emotion): &(&str, Emotion)| (*word == label).then_some(*emotion);
    label.parse().ok().or_else(|| SYNONYMS.iter().find_map(synonym))
}

/// All words that mean an emotion, each emotion's own name first.
pub(super) fn known() -> String {
    let words = |emotion: Emotion| {
        let synonyms = SYNONYMS.iter().filter(move |(_, other)| *other == emotion).map(|(word, _)| *word);
        let words: Vec<&str> = std::iter::once(emotion.name()).chain(synonyms).collect();
        words.join("/")
    };
    Emotion::ALL.map(words).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_synonyms_mean_the_same_emotion() {
        for emotion in Emotion::ALL {
            assert_eq!(super::emotion(emotion.name()), Some(emotion));
        }
        assert_eq!(
            ["Fear", "anger", " JOY "].map(super::emotion),
            [Some(Emotion::Fearful), Some(Emotion::Angry), Some(Emotion::Happy)]
        );
        assert_eq!(super::emotion("bored"), None);
    }

    #[test]
    fn every_known_word_is_listed() {
        assert!(
            known().contains("neutral/neutrality") && known().ends_with("surprised/surprise"),
            "{}",
            known()
        );
    }
}
