//! How long a server takes until it is ready.

use crate::serving::{MODELS, ServerProcess, ServerSettings};
use crate::{Aim, Options, Report, Run};
use anyhow::Result;
use std::time::Instant;
use undertone_client::{Client, Connection, float_bytes, raw};
use undertone_core::PIPELINE_RATE;
use undertone_proto::v1;

const RUNS: usize = 9;
const WORK: &str = "exec to a positive /readyz with an empty data folder, bundles checked and their golden frames run; \
                    files in the page cache";

/// From exec to a positive `/readyz` (`seconds`), and until each model has answered a second of audio besides
/// (`answered_seconds`).
pub fn measure_startup(options: &Options) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut runs = Vec::with_capacity(RUNS);
    let mut models = Vec::new();
    // The first run only brings the files into the page cache.
    for run in 0..=RUNS {
        let server = ServerProcess::start(options, ServerSettings::default())?;
        let asked = Instant::now();
        models = runtime.block_on(ask_all(server.url()))?;
        let seconds = server.seconds_to_ready;
        if run > 0 {
            let answered_seconds = seconds + asked.elapsed().as_secs_f64();
            runs.push(Run::from([("seconds", seconds), ("answered_seconds", answered_seconds)]));
        }
    }
    let report = Report::new("startup", [("seconds", Aim::AtMost(1.0))], runs);
    Ok(report.about("models", models.join("; ")).about("work", WORK))
}

/// Asks every model about a second of noise as one utterance; gives the models that answered.
async fn ask_all(url: &str) -> Result<Vec<String>> {
    let client = Client::connect(Connection::new(url)).await?;
    let audio = float_bytes(&crate::noise(PIPELINE_RATE.hz() as usize));
    let format = raw(v1::AudioEncoding::Float32, PIPELINE_RATE.hz());
    let whole = v1::Endpointing { enabled: Some(false), ..v1::Endpointing::default() };
    let mut answered = Vec::new();
    for model in MODELS {
        let config = v1::RecognitionConfig {
            audio: Some(format),
            model: model.to_owned(),
            endpointing: Some(whole),
            ..v1::RecognitionConfig::default()
        };
        let request = v1::RecognizeRequest { config: Some(config), audio: audio.clone().into() };
        let response = client.recognize_message(request).await?;
        anyhow::ensure!(!response.utterances.is_empty(), "{model} gave no answer");
        let model = response.model.unwrap_or_default();
        answered.push(format!("{}@{}", model.name, model.version));
    }
    Ok(answered)
}
