//! Predictions as Parquet: one row group per page, lists as repeated fields.

use crate::table::Table;
use anyhow::Result;
use parquet::data_type::{BoolType, DoubleType, FloatType, Int64Type};
use std::fs::File;
use undertone_core::{InputMeasure, PIPELINE_RATE};
use undertone_store::PredictionRow;

const SCHEMA: &str = "message prediction {
    required binary id (UTF8);
    required binary stream_id (UTF8);
    required int64 utterance;
    required int64 created_at (TIMESTAMP(MICROS, true));
    required binary model (UTF8);
    required binary version (UTF8);
    optional binary arm (UTF8);
    required binary role (UTF8);
    required boolean is_final;
    required double start_seconds;
    required double end_seconds;
    required binary top (UTF8);
    required float confidence;
    required boolean abstained;
    repeated binary labels (UTF8);
    repeated float probabilities;
    required int64 queue_micros;
    required int64 features_micros;
    required int64 inference_micros;
    optional float level_dbfs;
    optional float snr_db;
    optional float speech_share;
    optional float f0_hz;
    required binary tenant (UTF8);
}";

/// A file that is being written.
pub(super) struct ParquetFile(Table<File>);

impl ParquetFile {
    pub(super) fn create(file: File) -> Result<Self> {
        Table::create(file, SCHEMA).map(Self)
    }

    pub(super) fn page(&mut self, rows: &[PredictionRow]) -> Result<()> {
        let mut page = self.0.page(rows)?;
        page.texts(|row| row.prediction_id.to_string())?;
        page.texts(|row| row.stream_id.to_string())?;
        page.plain::<Int64Type>(|row| row.utterance.into())?;
        page.plain::<Int64Type>(|row| row.created_at.0)?;
        page.texts(|row| row.model.name.clone())?;
        page.texts(|row| row.model.version.clone())?;
        page.optional_texts(|row| row.arm.as_deref())?;
        page.texts(|row| row.role.name().to_owned())?;
        page.plain::<BoolType>(|row| row.is_final)?;
        page.plain::<DoubleType>(|row| PIPELINE_RATE.seconds_of(row.interval.start))?;
        page.plain::<DoubleType>(|row| PIPELINE_RATE.seconds_of(row.interval.end))?;
        page.texts(|row| row.top.clone())?;
        page.plain::<FloatType>(|row| row.confidence)?;
        page.plain::<BoolType>(|row| row.abstained)?;
        page.text_lists(|row| row.labels.iter().map(String::as_str).collect())?;
        page.lists::<FloatType>(|row| row.probabilities.clone())?;
        page.plain::<Int64Type>(|row| row.time_parts.queue.as_micros() as i64)?;
        page.plain::<Int64Type>(|row| row.time_parts.features.as_micros() as i64)?;
        page.plain::<Int64Type>(|row| row.time_parts.inference.as_micros() as i64)?;
        for measure in InputMeasure::ALL {
            page.optional::<FloatType>(|row| measure.of(&row.heard?))?;
        }
        page.texts(|row| row.tenant.clone())?;
        page.close()
    }

    pub(super) fn finish(self) -> Result<()> {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use undertone_core::{Heard, ModelRef, PredictionId, Role, SampleRange, StreamId, TimeParts, UnixMicros};

    fn row(arm: Option<&str>, labels: &[&str]) -> PredictionRow {
        PredictionRow {
            prediction_id: PredictionId::generate(),
            stream_id: StreamId::generate(),
            tenant: "acme".to_owned(),
            utterance: 7,
            created_at: UnixMicros(1_790_000_000_123_456),
            model: ModelRef { name: "cnn".to_owned(), version: "1.0.0".to_owned() },
            arm: arm.map(str::to_owned),
            role: Role::Live,
            is_final: true,
            interval: SampleRange { start: 0, end: 8_000 },
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            probabilities: labels.iter().map(|_| 0.5).collect(),
            top: "calm".to_owned(),
            confidence: 0.5,
            abstained: false,
            time_parts: TimeParts::default(),
            heard: arm.map(|_| Heard { level_dbfs: -20.5, snr_db: 30.0, speech_share: 0.5, f0_hz: None }),
        }
    }

    #[test]
    fn parquet_rows_read_back_with_their_lists_and_absent_arms() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.parquet");
        let mut file = ParquetFile::create(File::create(&path).unwrap()).unwrap();
        file.page(&[row(None, &["calm", "happy"]), row(Some("b"), &[])]).unwrap();
        file.page(&[row(None, &["sad"])]).unwrap();
        file.finish().unwrap();
        let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        let rows: Vec<String> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(rows.len(), 3);
        assert!(
            rows[0].contains("labels: [\"calm\", \"happy\"]") && rows[0].contains("arm: null"),
            "{}",
            rows[0]
        );
        assert!(rows[1].contains("labels: []") && rows[1].contains("arm: \"b\""), "{}", rows[1]);
        // So the reader spells -20.5.
        assert!(rows[1].contains("level_dbfs: -2.05E1") && rows[1].contains("f0_hz: null"), "{}", rows[1]);
        assert!(rows[0].contains("level_dbfs: null") && rows[0].contains("tenant: \"acme\""), "{}", rows[0]);
        assert!(
            rows[2].contains("probabilities: [0.5]") && rows[2].contains("end_seconds: 0.5"),
            "{}",
            rows[2]
        );
    }
}
