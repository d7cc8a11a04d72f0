//! Records as the engine would make them.

use std::time::Duration;
use undertone_core::{
    EndReason, Heard, ModelRef, PredictionId, Role, SampleRange, StreamEndRecord, StreamId, StreamRecord,
    TimeParts, UnixMicros, UtteranceRecord,
};

const OPENED_AT: i64 = 1_790_000_000_123_456;
const UTTERANCE_SAMPLES: u64 = 32_000;

/// The opening of stream `id`, at a fixed time of day.
pub fn opening(id: StreamId) -> StreamRecord {
    StreamRecord {
        stream_id: id,
        opened_at: UnixMicros(OPENED_AT),
        tenant: "default".to_owned(),
        subject_key: None,
        model: model(),
        encoding: "LINEAR16".to_owned(),
        sample_rate_hz: 16_000,
        labels: [("channel".to_owned(), "phone".to_owned())].into(),
    }
}

/// The final answer about utterance `utterance`, from 1, of stream `stream`; each two seconds long
/// and made when it ended.
pub fn answer(stream: StreamId, utterance: u32) -> UtteranceRecord {
    let end = u64::from(utterance) * UTTERANCE_SAMPLES;
    UtteranceRecord {
        prediction_id: PredictionId::generate(),
        stream_id: stream,
        tenant: "default".to_owned(),
        utterance,
        created_at: UnixMicros(OPENED_AT + i64::from(utterance) * 2_000_000),
        model: model(),
        arm: None,
        role: Role::Live,
        is_final: true,
        interval: SampleRange { start: end - UTTERANCE_SAMPLES, end },
        labels: ["calm", "happy", "sad"].map(str::to_owned).to_vec(),
        probabilities: vec![0.1, 0.7, 0.2],
        top: "happy".to_owned(),
        confidence: 0.7,
        abstained: false,
        time_parts: TimeParts {
            queue: Duration::from_micros(12),
            features: Duration::from_micros(3_400),
            inference: Duration::from_micros(1_001),
        },
        heard: Some(Heard { level_dbfs: -23.5, snr_db: 31.25, speech_share: 0.75, f0_hz: Some(180.5) }),
    }
}

/// The orderly end of stream `id` after `utterances` answers.
pub fn closing(id: StreamId, utterances: u32) -> StreamEndRecord {
    StreamEndRecord {
        stream_id: id,
        ended_at: UnixMicros(OPENED_AT + 3_600_000_000),
        reason: EndReason::Finished,
        samples: u64::from(utterances) * UTTERANCE_SAMPLES,
        utterances,
    }
}

fn model() -> ModelRef {
    ModelRef { name: "emotion-cnn".to_owned(), version: "1.0.0".to_owned() }
}
