//! The server's settings: defaults < file < environment `UNDERTONE__SECTION__KEY` < flags.
//!
//! They are read once at start into one typed struct. Every mistake is reported together with its path.

mod analytics;
mod doors;
mod drift;
mod error;
mod isolation;
mod load;
mod models;
mod origins;
mod places;
mod reader;
mod recording;
mod store;

pub use analytics::AnalyticsSettings;
pub use doors::{AuthSettings, TlsSettings};
pub use drift::DriftSettings;
pub use error::SettingsError;
pub use load::{Sources, load};
pub use origins::Origins;
pub use places::Places;
pub(crate) use reader::parse_duration;
pub use recording::{Durability, OnFailure, RecordingSettings, SubjectKeyRule};
pub use store::StoreSettings;

use crate::models::ModelSettings;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use undertone_audio::{AudioLimits, Endpointing};
use undertone_core::SampleRate;
use undertone_engine::EngineConfig;
use undertone_plugin_host::isolation::IsolationConfig;
use undertone_telemetry::{LogFormat, TraceExport};

/// Everything that can be set. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `[grpc]`
    pub grpc: GrpcSettings,
    /// `http.listen`: where `/metrics`, `/healthz`, `/readyz` and streams over WebSockets are served.
    pub http_listen: SocketAddr,
    /// `http.allowed_origins`: pages that may open streams in a browser.
    pub allowed_origins: Origins,
    /// `[tls]`; none: connections are in the clear.
    pub tls: Option<TlsSettings>,
    /// `[auth]`
    pub auth: AuthSettings,
    /// `data.dir`: the journal's folder.
    pub data_dir: PathBuf,
    /// `data.journal_limit_bytes`: rows that the journal may hold; none: as much as the disk holds.
    pub journal_limit_bytes: Option<u64>,
    /// `[models]`
    pub models: ModelSettings,
    /// `plugins.dir`: where the plugin libraries lie.
    pub plugins_dir: PathBuf,
    /// `plugins.classifier_of`: plugins that run graphs in place of those that bundles name.
    pub classifiers: BTreeMap<String, String>,
    /// `plugins.isolation`, `.isolation_of` and `[plugins.process]`: which plugins run in processes of their own, and how.
    pub isolation: IsolationConfig,
    /// `onnxruntime.path`: the ONNX Runtime library; none: looked for beside the plugins.
    pub onnxruntime: Option<PathBuf>,
    /// `[store]`
    pub store: StoreSettings,
    /// `[analytics]`
    pub analytics: AnalyticsSettings,
    /// `[drift]`
    pub drift: DriftSettings,
    /// `[engine]`
    pub engine: EngineConfig,
    /// `[recognition]`
    pub recognition: RecognitionSettings,
    /// `[recording]`
    pub recording: RecordingSettings,
    /// `[resume]`
    pub resume: ResumeSettings,
    /// `[experiments]`
    pub experiments: ExperimentSettings,
    /// `feedback.max_items`: judgements in one call at most.
    pub feedback_max_items: usize,
    /// `shutdown.grace`: how long open calls may take to end.
    pub shutdown_grace: Duration,
    /// `[log]`
    pub log: LogSettings,
    /// `[tracing]`; none: nothing is traced.
    pub tracing: Option<TraceExport>,
}

impl Settings {
    /// No stream lasts longer; one that breaks off at its end may still be taken up to be told so.
    pub fn longest_stream(&self) -> Duration {
        self.recognition.max_duration + self.resume.within
    }
}

/// `[grpc]`
#[derive(Debug, Clone, PartialEq)]
pub struct GrpcSettings {
    /// `grpc.listen`
    pub listen: SocketAddr,
    /// `grpc.max_message_bytes`: larger messages are refused.
    pub max_message_bytes: usize,
    /// `grpc.keepalive_interval`: how often a silent connection is asked whether it still lives.
    pub keepalive_interval: Duration,
    /// `grpc.keepalive_timeout`: how long its answer may take.
    pub keepalive_timeout: Duration,
    /// `grpc.compress_replies`: whether clients that understand it get compressed replies.
    pub compress_replies: bool,
    /// `grpc.inference_requests`: requests of one `ModelStreamInfer` that are worked on at a time.
    pub inference_requests: usize,
    /// `grpc.max_listed_streams`: streams of one answer of `ListStreams`.
    pub max_listed_streams: u32,
}

/// `[recognition]`
#[derive(Debug, Clone, PartialEq)]
pub struct RecognitionSettings {
    /// `recognition.interim_hop`: time between updates when the client does not say.
    pub interim_hop: Duration,
    /// `recognition.min_interim_hop`: a client may not ask for shorter ones.
    pub min_interim_hop: Duration,
    /// `recognition.max_audio`, `.max_channels`, `.max_header_bytes`.
    pub limits: AudioLimits,
    /// `recognition.max_duration`: a stream that began so long ago ends, whoever took it up meanwhile.
    pub max_duration: Duration,
    /// `recognition.idle_timeout`: a stream without a message for so long ends.
    pub idle_timeout: Duration,
    /// `recognition.max_labels`: labels per stream.
    pub max_labels: usize,
    /// `recognition.max_label_bytes`: bytes of one label's key, value, or of the subject key.
    pub max_label_bytes: usize,
    /// `recognition.endpointing.*`: used where the client does not say.
    pub endpointing: Endpointing,
}

impl RecognitionSettings {
    /// Longest audio of one stream.
    pub fn max_audio(&self) -> Duration {
        Duration::from_secs(u64::from(self.limits.max_seconds))
    }

    /// Lowest and highest accepted sample rate in Hz.
    pub const fn rates(&self) -> (u32, u32) {
        (SampleRate::MIN_HZ, SampleRate::MAX_HZ)
    }
}

/// `[resume]`
#[derive(Clone, PartialEq, Eq)]
pub struct ResumeSettings {
    /// `resume.within`: how long a client may stay away and still take its stream up again.
    pub within: Duration,
    /// `resume.key`: a secret that servers share which take up each other's streams; none: one of this server's own,
    /// kept in the data folder. Never shown.
    pub key: Option<String>,
}

impl std::fmt::Debug for ResumeSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = self.key.as_ref().map(|_| "(secret)");
        f.debug_struct("ResumeSettings").field("within", &self.within).field("key", &key).finish()
    }
}

/// `[experiments]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentSettings {
    /// `experiments.refresh`: how often changes of other servers are heard of, and what is only here is shipped.
    pub refresh: Duration,
    /// `experiments.guardrails_every`: how often guardrails are looked at.
    pub guardrails_every: Duration,
    /// `experiments.shadow_queue`: utterances that may wait for models that listen along.
    pub shadow_queue: usize,
    /// `experiments.shadow_within`: how long one waits before it is dropped.
    pub shadow_within: Duration,
    /// `experiments.report_answers`: answers that a report looks at, the oldest; guardrails look at half as many at a time.
    pub report_answers: u32,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// `log.filter`, as `info` or `undertone=debug,warn`.
    pub filter: String,
    /// `log.format`
    pub format: LogFormat,
}
