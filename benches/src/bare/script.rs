//! What a server is asked on a recording, so that the same can be asked without it.

use crate::serving::ServerProcess;
use anyhow::{Context, Result};
use std::time::Duration;
use undertone_client::{Client, Connection, raw};
use undertone_core::{PIPELINE_RATE, SampleRange};
use undertone_proto::v1;

/// 0.5 s, as the loads have it.
const HOP: prost_types::Duration = prost_types::Duration { seconds: 0, nanos: 500_000_000 };

/// An answer that the server gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) utterance: u32,
    pub(crate) is_final: bool,
    /// The samples that the answer is about.
    pub(crate) interval: SampleRange,
    /// Samples heard when it was asked for.
    pub(crate) heard: u64,
}

/// The requests that one stream of `samples` brings, in the order in which they come, and the model's version.
pub(crate) fn requests(server: &ServerProcess, model: &str, samples: &[f32]) -> Result<(Vec<Asked>, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let response = runtime.block_on(recognize(server.url(), model, samples))?;
    let version = response.model.context("the answer names its model")?.version;
    let mut asked: Vec<Asked> = response
        .utterances
        .into_iter()
        .flat_map(|utterance| utterance.updates.into_iter().chain(utterance.result))
        .map(|result| asked(&result))
        .collect();
    asked.sort_by_key(|asked| asked.heard);
    Ok((asked, version))
}

async fn recognize(url: &str, model: &str, samples: &[f32]) -> Result<v1::RecognizeResponse> {
    let audio: Vec<u8> =
        samples.iter().flat_map(|sample| ((sample * f32::from(i16::MAX)) as i16).to_le_bytes()).collect();
    let format = raw(v1::AudioEncoding::Linear16, PIPELINE_RATE.hz());
    let config = v1::RecognitionConfig {
        audio: Some(format),
        model: model.to_owned(),
        interim_results: true,
        interim_hop: Some(HOP),
        ..v1::RecognitionConfig::default()
    };
    let request = v1::RecognizeRequest { config: Some(config), audio: audio.into() };
    Ok(Client::connect(Connection::new(url)).await?.recognize_message(request).await?)
}

fn asked(result: &v1::Result) -> Asked {
    Asked {
        utterance: result.utterance,
        is_final: result.is_final,
        interval: SampleRange { start: samples_in(result.start), end: samples_in(result.end) },
        heard: samples_in(result.audio_processed),
    }
}

fn samples_in(duration: Option<prost_types::Duration>) -> u64 {
    let duration: Duration = duration.and_then(|duration| duration.try_into().ok()).unwrap_or_default();
    PIPELINE_RATE.samples_in(duration)
}
