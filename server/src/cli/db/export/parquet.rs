//! Predictions as Parquet: one row group per page, lists as repeated fields.

use anyhow::{Context, Result};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::sync::Arc;
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
}";

type Group<'g> = SerializedRowGroupWriter<'g, File>;

/// A file that is being written.
pub(super) struct ParquetFile(SerializedFileWriter<File>);

impl ParquetFile {
    pub(super) fn create(file: File) -> Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA).context("the schema is written above")?);
        let properties = Arc::new(WriterProperties::builder().build());
        Ok(Self(SerializedFileWriter::new(file, schema, properties)?))
    }

    pub(super) fn page(&mut self, rows: &[PredictionRow]) -> Result<()> {
        let mut group = self.0.next_row_group()?;
        texts(&mut group, rows, |row| row.prediction_id.to_string())?;
        texts(&mut group, rows, |row| row.stream_id.to_string())?;
        plain::<Int64Type>(&mut group, rows, |row| row.utterance.into())?;
        plain::<Int64Type>(&mut group, rows, |row| row.created_at.0)?;
        texts(&mut group, rows, |row| row.model.name.clone())?;
        texts(&mut group, rows, |row| row.model.version.clone())?;
        arms(&mut group, rows)?;
        texts(&mut group, rows, |row| row.role.name().to_owned())?;
        plain::<BoolType>(&mut group, rows, |row| row.is_final)?;
        plain::<DoubleType>(&mut group, rows, |row| PIPELINE_RATE.seconds_of(row.interval.start))?;
        plain::<DoubleType>(&mut group, rows, |row| PIPELINE_RATE.seconds_of(row.interval.end))?;
        texts(&mut group, rows, |row| row.top.clone())?;
        plain::<FloatType>(&mut group, rows, |row| row.confidence)?;
        plain::<BoolType>(&mut group, rows, |row| row.abstained)?;
        lists::<ByteArrayType>(&mut group, rows, |row| {
            row.labels.iter().map(|label| ByteArray::from(label.as_str())).collect()
        })?;
        lists::<FloatType>(&mut group, rows, |row| row.probabilities.clone())?;
        plain::<Int64Type>(&mut group, rows, |row| row.time_parts.queue.as_micros() as i64)?;
        plain::<Int64Type>(&mut group, rows, |row| row.time_parts.features.as_micros() as i64)?;
        plain::<Int64Type>(&mut group, rows, |row| row.time_parts.inference.as_micros() as i64)?;
        for measure in InputMeasure::ALL {
            heard(&mut group, rows, measure)?;
        }
        group.close()?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<()> {
        self.0.close()?;
        Ok(())
    }
}

fn plain<T: DataType>(
    group: &mut Group<'_>,
    rows: &[PredictionRow],
    of: fn(&PredictionRow) -> T::T,
) -> Result<()> {
    let values: Vec<T::T> = rows.iter().map(of).collect();
    column::<T>(group, &values, (None, None))
}

fn texts(group: &mut Group<'_>, rows: &[PredictionRow], of: fn(&PredictionRow) -> String) -> Result<()> {
    let values: Vec<ByteArray> = rows.iter().map(|row| ByteArray::from(of(row).into_bytes())).collect();
    column::<ByteArrayType>(group, &values, (None, None))
}

/// Absent where there was no experiment: level 0 says so.
fn arms(group: &mut Group<'_>, rows: &[PredictionRow]) -> Result<()> {
    let values: Vec<ByteArray> =
        rows.iter().filter_map(|row| row.arm.as_deref().map(ByteArray::from)).collect();
    let levels: Vec<i16> = rows.iter().map(|row| i16::from(row.arm.is_some())).collect();
    column::<ByteArrayType>(group, &values, (Some(&levels), None))
}

/// Absent where nothing was measured.
fn heard(group: &mut Group<'_>, rows: &[PredictionRow], measure: InputMeasure) -> Result<()> {
    let figure = |row: &PredictionRow| measure.of(&row.heard?);
    let values: Vec<f32> = rows.iter().filter_map(figure).collect();
    let levels: Vec<i16> = rows.iter().map(|row| i16::from(figure(row).is_some())).collect();
    column::<FloatType>(group, &values, (Some(&levels), None))
}

/// The first of a row's values has repetition level 0, those behind it 1; a row without values has one entry of definition
/// level 0.
fn lists<T: DataType>(
    group: &mut Group<'_>,
    rows: &[PredictionRow],
    of: fn(&PredictionRow) -> Vec<T::T>,
) -> Result<()> {
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let own = of(row);
        defined.extend(std::iter::repeat_n(i16::from(!own.is_empty()), own.len().max(1)));
        repeated.push(0);
        repeated.extend(std::iter::repeat_n(1, own.len().saturating_sub(1)));
        values.extend(own);
    }
    column::<T>(group, &values, (Some(&defined), Some(&repeated)))
}

fn column<T: DataType>(
    group: &mut Group<'_>,
    values: &[T::T],
    (defined, repeated): (Option<&[i16]>, Option<&[i16]>),
) -> Result<()> {
    let mut column = group.next_column()?.context("the schema has this column")?;
    column.typed::<T>().write_batch(values, defined, repeated)?;
    column.close()?;
    Ok(())
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
        assert!(rows[1].contains("level_dbfs: -20.5") && rows[1].contains("f0_hz: null"), "{}", rows[1]);
        assert!(rows[0].contains("level_dbfs: null"), "{}", rows[0]);
        assert!(
            rows[2].contains("probabilities: [0.5]") && rows[2].contains("end_seconds: 0.5"),
            "{}",
            rows[2]
        );
    }
}
