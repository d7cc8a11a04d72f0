//! The binary format of COPY, <https://www.postgresql.org/docs/current/sql-copy.html>: fields as lengths and bytes in
//! network order, in the layout of each type's own `send` function.

use crate::columns::{Misfit, PredictionColumns, StreamColumns, from_json};
use std::collections::HashMap;
use uuid::Uuid;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Postgres counts from 2000-01-01.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const NULL: i32 = -1;
const TEXT: u32 = 25;
const FLOAT4: u32 = 700;

/// Rows as COPY takes them. The buffer is used again for the next rows.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    bytes: Vec<u8>,
    /// Label lists as they are encoded, by their JSON: a server has few.
    labels: HashMap<String, Vec<u8>>,
}

impl Rows {
    /// The predictions, in the order of `PREDICTION_COLUMNS`.
    ///
    /// # Errors
    /// The place of the first row that does not fit, and why.
    pub(crate) fn predictions(&mut self, rows: &[PredictionColumns]) -> Result<&[u8], (usize, Misfit)> {
        self.begin();
        for (place, row) in rows.iter().enumerate() {
            self.prediction(row).map_err(|misfit| (place, misfit))?;
        }
        Ok(self.end())
    }

    /// The streams, in the order of `STREAM_COLUMNS`.
    ///
    /// # Errors
    /// The place of the first row that does not fit, and why.
    pub(crate) fn streams(&mut self, rows: &[StreamColumns]) -> Result<&[u8], (usize, Misfit)> {
        self.begin();
        for (place, row) in rows.iter().enumerate() {
            self.stream(row).map_err(|misfit| (place, misfit))?;
        }
        Ok(self.end())
    }

    fn begin(&mut self) {
        self.bytes.clear();
        self.bytes.extend_from_slice(SIGNATURE);
    }

    fn end(&mut self) -> &[u8] {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        &self.bytes
    }

    fn prediction(&mut self, row: &PredictionColumns) -> Result<(), Misfit> {
        self.bytes.extend_from_slice(&24_i16.to_be_bytes());
        self.uuid("id", &row.id)?;
        self.uuid("stream_id", &row.stream_id)?;
        self.long(row.utterance);
        self.time("created_at", row.created_at_micros)?;
        self.text(&row.model_name);
        self.text(&row.model_version);
        self.optional(row.arm.as_deref());
        self.text(&row.role);
        self.flag(row.is_final);
        self.long(row.start_samples);
        self.long(row.end_samples);
        self.label_list(&row.labels)?;
        self.probabilities(&row.probabilities)?;
        self.text(&row.top);
        self.field(&(row.confidence as f32).to_be_bytes());
        self.flag(row.abstained);
        self.long(row.queue_micros);
        self.long(row.features_micros);
        self.long(row.inference_micros);
        for figure in [row.level_dbfs, row.snr_db, row.speech_share, row.f0_hz] {
            self.optional_figure(figure);
        }
        self.text(&row.tenant);
        Ok(())
    }

    fn stream(&mut self, row: &StreamColumns) -> Result<(), Misfit> {
        self.bytes.extend_from_slice(&14_i16.to_be_bytes());
        self.uuid("id", &row.id)?;
        self.time("opened_at", row.opened_at_micros)?;
        self.text(&row.tenant);
        self.optional(row.subject_key.as_deref());
        self.text(&row.model_name);
        self.text(&row.model_version);
        self.text(&row.encoding);
        let rate = i32::try_from(row.sample_rate_hz);
        let rate =
            rate.map_err(|_| Misfit::new("sample_rate_hz", format!("{} is too large", row.sample_rate_hz)))?;
        self.field(&rate.to_be_bytes());
        let labels =
            serde_json::to_string(&row.labels.0).map_err(|error| Misfit::new("labels", error.to_string()))?;
        // The version of the binary form of jsonb stands in front.
        self.length(labels.len() + 1);
        self.bytes.push(1);
        self.bytes.extend_from_slice(labels.as_bytes());
        match row.ended_at_micros {
            Some(at) => self.time("ended_at", at)?,
            None => self.null(),
        }
        self.optional(row.end_reason.as_deref());
        self.optional_long(row.samples);
        self.optional_long(row.utterances);
        self.flag(row.recovered);
        Ok(())
    }

    fn length(&mut self, bytes: usize) {
        // A field beyond 2 GiB would have been refused by the journal.
        self.bytes.extend_from_slice(&(bytes as u32).to_be_bytes());
    }

    fn field(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    fn null(&mut self) {
        self.bytes.extend_from_slice(&NULL.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.field(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    fn long(&mut self, value: i64) {
        self.field(&value.to_be_bytes());
    }

    fn optional_long(&mut self, value: Option<i64>) {
        match value {
            Some(value) => self.long(value),
            None => self.null(),
        }
    }

    /// In single precision.
    fn optional_figure(&mut self, value: Option<f64>) {
        match value {
            Some(value) => self.field(&(value as f32).to_be_bytes()),
            None => self.null(),
        }
    }

    fn flag(&mut self, flag: bool) {
        self.field(&[u8::from(flag)]);
    }

    fn uuid(&mut self, column: &'static str, text: &str) -> Result<(), Misfit> {
        let uuid = Uuid::parse_str(text).map_err(|_| Misfit::new(column, "not a UUID"))?;
        self.field(uuid.as_bytes());
        Ok(())
    }

    fn time(&mut self, column: &'static str, micros: i64) -> Result<(), Misfit> {
        let since =
            micros.checked_sub(EPOCH_MICROS).ok_or_else(|| Misfit::new(column, "before all calendars"))?;
        self.long(since);
        Ok(())
    }

    fn label_list(&mut self, json: &str) -> Result<(), Misfit> {
        if !self.labels.contains_key(json) {
            let labels: Vec<String> = from_json("labels", json)?;
            let mut encoded = array_head(labels.len(), TEXT);
            for label in &labels {
                encoded.extend_from_slice(&(label.len() as u32).to_be_bytes());
                encoded.extend_from_slice(label.as_bytes());
            }
            // Should some client ever vary them, memory stays bounded.
            if self.labels.len() >= 256 {
                self.labels.clear();
            }
            self.labels.insert(json.to_owned(), encoded);
        }
        let encoded = &self.labels[json];
        self.bytes.extend_from_slice(&(encoded.len() as u32).to_be_bytes());
        self.bytes.extend_from_slice(encoded);
        Ok(())
    }

    fn probabilities(&mut self, json: &str) -> Result<(), Misfit> {
        let values: Vec<f32> = from_json("probabilities", json)?;
        let head = array_head(values.len(), FLOAT4);
        self.length(head.len() + values.len() * 8);
        self.bytes.extend_from_slice(&head);
        for value in values {
            self.field(&value.to_be_bytes());
        }
        Ok(())
    }
}

/// Dimensions, whether there are nulls, the type of the elements, and for the one dimension its length and lower bound.
fn array_head(length: usize, element: u32) -> Vec<u8> {
    let dimensions = u32::from(length > 0);
    let mut head: Vec<u8> = [dimensions, 0, element].iter().flat_map(|word| word.to_be_bytes()).collect();
    if length > 0 {
        head.extend_from_slice(&(length as u32).to_be_bytes());
        head.extend_from_slice(&1_u32.to_be_bytes());
    }
    head
}
