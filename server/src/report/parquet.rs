//! One row per utterance, as Parquet.

use super::{FileReport, UtteranceReport};
use crate::table::Table;
use anyhow::Result;
use parquet::data_type::{BoolType, DoubleType, FloatType};
use std::io::Write;

const SCHEMA: &str = "message utterance {
    required binary file (UTF8);
    required binary model (UTF8);
    required binary version (UTF8);
    required double start_seconds;
    required double end_seconds;
    required binary top (UTF8);
    required float confidence;
    required boolean abstained;
    repeated binary labels (UTF8);
    repeated float probabilities;
    repeated binary plausible (UTF8);
    optional binary prediction_id (UTF8);
}";

/// Utterances of one or more recordings.
pub(crate) struct Utterances<W: Write + Send>(Table<W>);

impl<W: Write + Send> Utterances<W> {
    pub(crate) fn create(out: W) -> Result<Self> {
        Table::create(out, SCHEMA).map(Self)
    }

    /// The utterances of one recording.
    pub(crate) fn add(&mut self, report: &FileReport) -> Result<()> {
        let mut page = self.0.page(&report.utterances)?;
        page.texts(|_| report.file.clone())?;
        page.texts(|_| report.model.clone())?;
        page.texts(|_| report.version.clone())?;
        page.plain::<DoubleType>(|own| own.start_s)?;
        page.plain::<DoubleType>(|own| own.end_s)?;
        page.texts(|own| own.top.clone())?;
        page.plain::<FloatType>(|own| own.confidence)?;
        page.plain::<BoolType>(|own| own.abstained)?;
        page.text_lists(|own| own.probabilities.iter().map(|(label, _)| label.as_str()).collect())?;
        page.lists::<FloatType>(|own| {
            own.probabilities.iter().map(|&(_, probability)| probability).collect()
        })?;
        page.text_lists(|own: &UtteranceReport| own.plausible.iter().map(String::as_str).collect())?;
        page.optional_texts(|own| own.prediction_id.as_deref())?;
        page.close()
    }

    pub(crate) fn finish(self) -> Result<()> {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    fn report(file: &str, id: Option<&str>) -> FileReport {
        let utterance = UtteranceReport {
            start_s: 0.5,
            end_s: 2.0,
            probabilities: vec![("calm".into(), 0.25), ("angry".into(), 0.75)],
            top: "angry".into(),
            confidence: 0.75,
            abstained: false,
            plausible: Vec::new(),
            prediction_id: id.map(str::to_owned),
            updates: Vec::new(),
        };
        FileReport { file: file.into(), utterances: vec![utterance], ..FileReport::default() }
    }

    #[test]
    fn utterances_read_back_and_a_recording_without_speech_has_none() {
        let mut bytes = Vec::new();
        let mut table = Utterances::create(&mut bytes).unwrap();
        table.add(&report("a.wav", None)).unwrap();
        table.add(&FileReport::named("silence.wav".into())).unwrap();
        table.add(&report("b.wav", Some("17"))).unwrap();
        table.finish().unwrap();
        let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
        let rows: Vec<String> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(rows.len(), 2);
        for known in
            ["file: \"a.wav\"", "labels: [\"calm\", \"angry\"]", "plausible: []", "prediction_id: null"]
        {
            assert!(rows[0].contains(known), "{known} is missing in {}", rows[0]);
        }
        assert!(
            rows[1].contains("prediction_id: \"17\"") && rows[1].contains("end_seconds: 2"),
            "{}",
            rows[1]
        );
    }
}
