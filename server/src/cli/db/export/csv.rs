//! Predictions as comma-separated values (RFC 4180), with a line of names first. Lists stand in one field, parted by `;`.

use crate::report::csv::quoted;
use std::borrow::Cow;
use std::io::{self, Write};
use undertone_core::{InputMeasure, PIPELINE_RATE};
use undertone_store::PredictionRow;

const HEAD: &str = "id,stream_id,utterance,created_at_micros,model,version,arm,role,is_final,start_seconds,end_seconds,top,confidence,\
                    abstained,labels,probabilities,queue_micros,features_micros,inference_micros,level_dbfs,snr_db,speech_share,f0_hz,tenant";

pub(super) fn head(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{HEAD}")
}

pub(super) fn line(out: &mut impl Write, row: &PredictionRow) -> io::Result<()> {
    let labels = row.labels.join(";");
    let probabilities: Vec<String> = row.probabilities.iter().map(f32::to_string).collect();
    let figure = |measure: InputMeasure| row.heard.and_then(|heard| measure.of(&heard));
    let shown = |measure| figure(measure).map_or(String::new(), |value| value.to_string());
    let [level, snr, speech, f0] = InputMeasure::ALL.map(shown);
    let fields: [Cow<'_, str>; 24] = [
        row.prediction_id.to_string().into(),
        row.stream_id.to_string().into(),
        row.utterance.to_string().into(),
        row.created_at.0.to_string().into(),
        quoted(&row.model.name),
        quoted(&row.model.version),
        quoted(row.arm.as_deref().unwrap_or_default()),
        row.role.name().into(),
        row.is_final.to_string().into(),
        PIPELINE_RATE.seconds_of(row.interval.start).to_string().into(),
        PIPELINE_RATE.seconds_of(row.interval.end).to_string().into(),
        quoted(&row.top),
        row.confidence.to_string().into(),
        row.abstained.to_string().into(),
        quoted(&labels),
        probabilities.join(";").into(),
        row.time_parts.queue.as_micros().to_string().into(),
        row.time_parts.features.as_micros().to_string().into(),
        row.time_parts.inference.as_micros().to_string().into(),
        level.into(),
        snr.into(),
        speech.into(),
        f0.into(),
        quoted(&row.tenant),
    ];
    writeln!(out, "{}", fields.join(","))
}
