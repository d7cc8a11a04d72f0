//! From files, environment and flags to [`Settings`].

use super::doors;
use super::isolation;
use super::reader::Reader;
use super::{
    AnalyticsSettings, DriftSettings, ExperimentSettings, GrpcSettings, LogSettings, Origins, Places,
    RecognitionSettings, RecordingSettings, ResumeSettings, Settings, SettingsError, StoreSettings, models,
};
use config::{Config, Environment, File, FileFormat};
use http::Uri;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use undertone_audio::{AudioLimits, Endpointing};
use undertone_engine::EngineConfig;
use undertone_plugin_host::isolation::IsolationConfig;
use undertone_telemetry::{LogFormat, TraceExport, check_filter};

/// Where settings come from, beside the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// Flags: pairs of path and value, such as `("grpc.listen", "127.0.0.1:0")`.
    pub flags: Vec<(String, String)>,
    /// Whether the environment counts.
    pub environment: bool,
}

const MIB: u64 = 1024 * 1024;

/// Compressed audio may unpack to so much in one message, so it bounds the memory of a stream too.
const DEFAULT_MAX_AUDIO: Duration = Duration::from_secs(3600);

/// Reads the settings; every mistake is in the error.
pub fn load(sources: &Sources, places: &Places) -> Result<Settings, SettingsError> {
    let config = layered(sources).map_err(|error| SettingsError { mistakes: vec![error.to_string()] })?;
    let mut reader = Reader::new(config);
    let settings = read(&mut reader, places);
    let mistakes = reader.finish();
    if mistakes.is_empty() { Ok(settings) } else { Err(SettingsError { mistakes }) }
}

fn layered(sources: &Sources) -> Result<Config, config::ConfigError> {
    let mut builder = Config::builder();
    if let Some(path) = &sources.file {
        builder = builder.add_source(File::from(path.as_path()).format(FileFormat::Toml));
    }
    if sources.environment {
        builder =
            builder.add_source(Environment::with_prefix("UNDERTONE").prefix_separator("__").separator("__"));
    }
    for (path, value) in &sources.flags {
        builder = builder.set_override(path.as_str(), value.as_str())?;
    }
    builder.build()
}

fn read(reader: &mut Reader, places: &Places) -> Settings {
    let isolation = isolation::read(reader, places);
    let engine = engine(reader, &isolation);
    isolation::compare(reader, &isolation, &engine);
    let (grpc, http_listen) = (grpc(reader), reader.parsed("http.listen", ([127, 0, 0, 1], 8151).into()));
    refuse_one_place_for_two(reader, grpc.listen, http_listen);
    Settings {
        grpc,
        http_listen,
        allowed_origins: reader.parsed("http.allowed_origins", Origins::default()),
        tls: doors::tls(reader),
        auth: doors::auth(reader),
        data_dir: reader.path("data.dir", PathBuf::from("undertone-data")),
        journal_limit_bytes: Some(reader.count("data.journal_limit_bytes", 0, 0..=u64::MAX >> 1))
            .filter(|&bytes| bytes > 0),
        models: models::read(reader, places),
        plugins_dir: reader.path("plugins.dir", places.plugins()),
        classifiers: reader.table("plugins.classifier_of"),
        onnxruntime: reader.optional_text("onnxruntime.path").map(PathBuf::from),
        store: StoreSettings::read(reader),
        analytics: AnalyticsSettings::read(reader),
        drift: DriftSettings::read(reader),
        engine,
        isolation,
        recognition: recognition(reader),
        recording: RecordingSettings::read(reader),
        resume: ResumeSettings {
            within: reader.duration("resume.within", Duration::from_secs(300)),
            key: reader.optional_text("resume.key"),
        },
        experiments: experiments(reader),
        feedback_max_items: reader.count("feedback.max_items", 10_000, 1..=1_000_000) as usize,
        shutdown_grace: reader.duration("shutdown.grace", Duration::from_secs(10)),
        log: log(reader),
        tracing: tracing(reader),
    }
}

/// Each listener needs a port of its own where their addresses meet; port 0 is any free one.
fn refuse_one_place_for_two(reader: &mut Reader, grpc: SocketAddr, http: SocketAddr) {
    let meet = grpc.ip() == http.ip() || grpc.ip().is_unspecified() || http.ip().is_unspecified();
    if meet && grpc.port() == http.port() && grpc.port() != 0 {
        reader.mistake(format!(
            "grpc.listen = {grpc} and http.listen = {http} want the same port: give each one of its own"
        ));
    }
}

fn log(reader: &mut Reader) -> LogSettings {
    let filter = reader.text("log.filter", "info");
    if let Err(error) = check_filter(&filter) {
        reader.mistake(error.to_string());
    }
    LogSettings { filter, format: reader.parsed("log.format", LogFormat::Pretty) }
}

fn tracing(reader: &mut Reader) -> Option<TraceExport> {
    let endpoint = reader.optional_text("tracing.endpoint");
    let is_collector = |text: &String| {
        text.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some())
    };
    if let Some(text) = endpoint.as_ref().filter(|text| !is_collector(text)) {
        reader.mistake(format!(
            "tracing.endpoint = {text:?}: give http://HOST:PORT; spans are sent without TLS"
        ));
    }
    let sample = f64::from(reader.number("tracing.sample", 1.0, 0.0..=1.0));
    let service = reader.text("tracing.service", "undertone");
    Some(TraceExport { endpoint: endpoint?, sample, service })
}

fn grpc(reader: &mut Reader) -> GrpcSettings {
    GrpcSettings {
        listen: reader.parsed("grpc.listen", ([127, 0, 0, 1], 50151).into()),
        max_message_bytes: reader.count("grpc.max_message_bytes", 16 * MIB, 1024..=1024 * MIB) as usize,
        keepalive_interval: reader.duration("grpc.keepalive_interval", Duration::from_secs(20)),
        keepalive_timeout: reader.duration("grpc.keepalive_timeout", Duration::from_secs(20)),
        compress_replies: reader.flag("grpc.compress_replies", false),
        inference_requests: reader.count("grpc.inference_requests", 16, 1..=1024) as usize,
        max_listed_streams: reader.count("grpc.max_listed_streams", 1000, 1..=1_000_000) as u32,
    }
}

fn engine(reader: &mut Reader, isolation: &IsolationConfig) -> EngineConfig {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let workers = reader.count("engine.workers", cores, 1..=1024);
    let apart = isolation.is_used();
    EngineConfig {
        workers: workers as usize,
        apart_workers: reader.count("engine.apart_workers", if apart { workers } else { 0 }, 0..=1024)
            as usize,
        apart_nice: isolation.process.nice,
        listeners: reader.count("engine.listeners", (workers / 4).max(1), 1..=1024) as usize,
        pin_workers: reader.flag("engine.pin_workers", false),
        max_streams: reader.count("engine.max_streams", 1000, 1..=1_000_000) as usize,
        stream_buffer_bytes: reader.count("engine.stream_buffer_bytes", 256 * 1024, 4096..=1 << 30) as usize,
        worker_queue: reader.count("engine.worker_queue", 1024, 1..=1_000_000) as usize,
        event_queue: reader.count("engine.event_queue", 64, 1..=100_000) as usize,
        admit_below: f64::from(reader.number("engine.admit_below", 0.65, 0.0..=1.0)),
        max_batch: reader.count("engine.max_batch", 16, 1..=1024) as usize,
        thin_after: reader.duration("engine.thin_after", Duration::from_millis(100)),
        question_buffer_bytes: reader.count("engine.inference_buffer_bytes", 64 * MIB, MIB..=2048 * MIB)
            as usize,
        turn_frames: reader.count("engine.turn_frames", 2048, 1..=1_000_000) as usize,
        final_frames: reader.count("engine.final_frames", 256, 1..=1_000_000) as usize,
        stuck_after: reader.positive_duration("engine.stuck_after", Duration::from_secs(10)),
        abstain_below: reader.optional_number("recognition.abstain_below", 0.0..=1.0),
    }
}

/// The distance of updates for those who say none, and the shortest that there is.
fn interim_hops(reader: &mut Reader) -> (Duration, Duration) {
    let hop = reader.positive_duration("recognition.interim_hop", Duration::from_millis(500));
    let shortest = reader.positive_duration("recognition.min_interim_hop", Duration::from_millis(100));
    if hop < shortest {
        reader.mistake(format!(
            "recognition.interim_hop = {hop:?}: give at least recognition.min_interim_hop, which is {shortest:?}"
        ));
    }
    (hop, shortest)
}

fn recognition(reader: &mut Reader) -> RecognitionSettings {
    let limits = AudioLimits::default();
    let (interim_hop, min_interim_hop) = interim_hops(reader);
    RecognitionSettings {
        interim_hop,
        min_interim_hop,
        limits: AudioLimits {
            max_seconds: max_audio_seconds(reader),
            max_channels: reader.count("recognition.max_channels", limits.max_channels.into(), 1..=64) as u16,
            max_header_bytes: reader.count(
                "recognition.max_header_bytes",
                limits.max_header_bytes.into(),
                1024..=1 << 30,
            ) as u32,
        },
        max_duration: reader.positive_duration("recognition.max_duration", Duration::from_secs(2 * 60 * 60)),
        idle_timeout: reader.positive_duration("recognition.idle_timeout", Duration::from_secs(60)),
        max_labels: reader.count("recognition.max_labels", 16, 0..=1000) as usize,
        max_label_bytes: reader.count("recognition.max_label_bytes", 256, 1..=65_536) as usize,
        endpointing: endpointing(reader),
    }
}

fn max_audio_seconds(reader: &mut Reader) -> u32 {
    let longest = reader.positive_duration("recognition.max_audio", DEFAULT_MAX_AUDIO);
    u32::try_from(longest.as_secs()).unwrap_or(u32::MAX).max(1)
}

fn endpointing(reader: &mut Reader) -> Endpointing {
    let default = Endpointing::default();
    let mut duration =
        |name: &str, default| reader.duration(&format!("recognition.endpointing.{name}"), default);
    let durations = Endpointing {
        min_speech: duration("min_speech", default.min_speech),
        hangover: duration("hangover", default.hangover),
        pre_roll: duration("pre_roll", default.pre_roll),
        max_utterance: duration("max_utterance", default.max_utterance),
        ..default
    };
    let endpointing = Endpointing {
        enabled: reader.flag("recognition.endpointing.enabled", default.enabled),
        threshold: reader.number("recognition.endpointing.threshold", default.threshold, 0.0..=1.0),
        ..durations
    };
    if let Err(mistakes) = endpointing.validate() {
        for mistake in mistakes {
            reader.mistake(format!("recognition.endpointing.{mistake}"));
        }
    }
    endpointing
}

fn experiments(reader: &mut Reader) -> ExperimentSettings {
    let mut duration =
        |name: &str, default| reader.positive_duration(&format!("experiments.{name}"), default);
    let refresh = duration("refresh", Duration::from_secs(1));
    let guardrails_every = duration("guardrails_every", Duration::from_secs(60));
    let shadow_within = duration("shadow_within", Duration::from_secs(30));
    ExperimentSettings {
        refresh,
        guardrails_every,
        shadow_queue: reader.count("experiments.shadow_queue", 256, 0..=100_000) as usize,
        shadow_within,
        report_answers: reader.count("experiments.report_answers", 200_000, 1..=10_000_000) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_flags(flags: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let flags = flags.iter().map(|&(path, value)| (path.to_owned(), value.to_owned())).collect();
        load(&Sources { flags, ..Sources::default() }, &Places::below("/opt/undertone"))
    }

    #[test]
    fn the_documented_file_holds_every_setting_and_its_default() {
        let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/undertone.toml"));
        let sources = Sources { file: Some(file), ..Sources::default() };
        let documented = load(&sources, &Places::below("/opt/undertone")).expect("the file is valid");
        let defaults = from_flags(&[]).expect("the defaults are valid");
        assert_eq!(format!("{documented:#?}"), format!("{defaults:#?}"));
    }

    #[test]
    fn models_abstain_at_their_own_thresholds_unless_one_is_set() {
        let threshold = |flags| from_flags(flags).expect("valid").engine.abstain_below;
        assert_eq!(threshold(&[]), None);
        assert_eq!(threshold(&[("recognition.abstain_below", "0")]), Some(0.0));
        assert!(from_flags(&[("recognition.abstain_below", "1.5")]).is_err());
    }

    #[test]
    fn every_mistake_is_reported_with_its_path() {
        let error = from_flags(&[
            ("grpc.listen", "everywhere"),
            ("engine.workers", "-3"),
            ("recognition.idle_timeout", "soon"),
            ("recognition.endpointing.hangover", "0ms"),
            ("recording.subject_key", "shred"),
            ("grpc.lisen", "127.0.0.1:1"),
            ("store.url", "mysql://user:hunter2@host/db"),
            ("recognition.min_interim_hop", "700ms"),
            ("recognition.max_duration", "0s"),
            ("store.batch_timeout", "0s"),
        ])
        .expect_err("all of it is wrong");
        let text = error.to_string();
        for path in [
            "grpc.listen = ",
            "engine.workers = ",
            "recognition.idle_timeout = ",
            "recognition.endpointing.hangover",
            "recording.subject_key = ",
            "grpc.lisen is not a setting; did you mean grpc.listen?",
            "store.url: ",
            "recognition.interim_hop = 500ms: give at least recognition.min_interim_hop, which is 700ms",
            "recognition.max_duration = 0: give more than 0",
            "store.batch_timeout = 0: give more than 0",
        ] {
            assert!(text.contains(path), "{path:?} is missing in: {text}");
        }
        assert_eq!(error.mistakes.len(), 10);
        assert!(!text.contains("hunter2"), "a password is repeated: {text}");
    }

    #[test]
    fn a_password_is_not_shown_with_the_settings() {
        let settings = from_flags(&[
            ("store.url", "postgres://user:hunter2@host/db"),
            ("recording.subject_salt", "pepper"),
            ("resume.key", "saffron"),
        ])
        .expect("valid");
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("pepper"), "{shown}");
        assert!(!shown.contains("saffron"), "{shown}");
    }
}
