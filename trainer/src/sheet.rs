//! What must be said about the data.

/// Name, licence and source of the data a network learnt from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSheet {
    /// Name of the data set.
    pub dataset: String,
    /// Its licence, which the weights take over.
    pub licence: String,
    /// How its authors want to be cited.
    pub citation: String,
    /// What its clips are like, in a sentence or two, where it is known.
    pub about: Option<String>,
}

impl DataSheet {
    /// The Ryerson Audio-Visual Database of Emotional Speech and Song, speech only.
    pub fn ravdess() -> Self {
        Self {
            dataset: "RAVDESS speech".into(),
            licence: "CC-BY-NC-SA-4.0".into(),
            citation: "Livingstone SR, Russo FA (2018). The Ryerson Audio-Visual Database of Emotional \
                       Speech and Song (RAVDESS): A dynamic, multimodal set of facial and vocal expressions \
                       in North American English. PLoS ONE 13(5): e0196391. \
                       https://doi.org/10.1371/journal.pone.0196391. Data: \
                       https://doi.org/10.5281/zenodo.1188976"
                .into(),
            about: Some(
                "The clips are **acted**: 24 professional actors, 12 women and 12 men, say two fixed sentences in a studio, in \
                 North American English."
                    .into(),
            ),
        }
    }
    /// Whether the licence says so by the words of Creative Commons.
    pub fn forbids_commerce(&self) -> bool {
        let spelled = self.licence.to_uppercase().replace([' ', '_'], "-");
        spelled.split('-').any(|part| part == "NC") || spelled.contains("NONCOMMERCIAL")
    }
}
