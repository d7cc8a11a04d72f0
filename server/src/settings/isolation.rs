//! `plugins.isolation`, `.isolation_of` and `[plugins.process]`.

use super::Places;
use super::reader::Reader;
use std::path::PathBuf;
use std::time::Duration;
use undertone_engine::EngineConfig;
use undertone_plugin_host::isolation::{
    BackoffConfig, BreakerConfig, Isolation, IsolationConfig, ProcessConfig,
};

const MIB: u64 = 1024 * 1024;

pub(super) fn read(reader: &mut Reader, places: &Places) -> IsolationConfig {
    IsolationConfig {
        default: reader.parsed("plugins.isolation", Isolation::InProcess),
        exceptions: reader.table("plugins.isolation_of"),
        process: process(reader, places),
    }
}

fn process(reader: &mut Reader, places: &Places) -> ProcessConfig {
    let readable = reader.text("plugins.process.readable", "");
    let mut duration = |name: &str, default_milliseconds| {
        reader.duration(&format!("plugins.process.{name}"), Duration::from_millis(default_milliseconds))
    };
    let (start_within, wait_for_start) =
        (duration("start_within", 30_000), duration("wait_for_start", 3_000));
    let answer_within = duration("answer_within", 5_000);
    let backoff = BackoffConfig {
        first: duration("restart_after", 100),
        longest: duration("restart_after_at_most", 10_000),
    };
    let (within, open_for) = (duration("breaker_within", 60_000), duration("breaker_open_for", 30_000));
    ProcessConfig {
        program: reader.path("plugins.process.program", places.plugin_host()),
        start_within,
        wait_for_start,
        answer_within,
        nice: reader.count("plugins.process.nice", 10, 0..=19) as u8,
        require_confinement: reader.flag("plugins.process.require_confinement", false),
        memory_bytes: reader.count("plugins.process.memory_bytes", 1024 * MIB, 16 * MIB..=1 << 44),
        shared_bytes: reader.count("plugins.process.shared_bytes", 16 * MIB, MIB..=1 << 34) as usize,
        streams: reader.count("plugins.process.streams", 32, 1..=10_000) as usize,
        backoff,
        breaker: BreakerConfig {
            losses: reader.count("plugins.process.breaker_losses", 5, 1..=1000) as usize,
            within,
            open_for,
        },
        readable: readable.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect(),
    }
}

/// A worker that waits for a process must not count as stuck itself.
pub(super) fn compare(reader: &mut Reader, isolation: &IsolationConfig, engine: &EngineConfig) {
    let ProcessConfig { wait_for_start, answer_within, .. } = isolation.process;
    if isolation.is_used() && wait_for_start + answer_within >= engine.stuck_after {
        reader.mistake(format!(
            "plugins.process.wait_for_start = {wait_for_start:?} and .answer_within = {answer_within:?}: give less together than \
             engine.stuck_after, which is {:?}",
            engine.stuck_after
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::{Places, Settings, SettingsError, Sources, load};
    use undertone_plugin_host::isolation::Isolation;

    fn from_flags(flags: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let flags = flags.iter().map(|&(path, value)| (path.to_owned(), value.to_owned())).collect();
        load(&Sources { flags, ..Sources::default() }, &Places::below("/opt/undertone"))
    }

    #[test]
    fn exceptions_have_the_names_of_models_and_plugins() {
        let settings = from_flags(&[
            ("plugins.isolation_of.mood", "process"),
            ("plugins.process.readable", "/opt/a:/opt/b"),
        ])
        .expect("valid");
        assert_eq!(settings.isolation.of("mood", "onnx"), Isolation::Process);
        assert_eq!(settings.isolation.of("cnn", "onnx"), Isolation::InProcess);
        assert_eq!(settings.isolation.process.readable.len(), 2);
        assert_eq!((settings.isolation.process.nice, settings.engine.apart_nice), (10, 10));
        assert!(settings.isolation.process.program.starts_with("/opt/undertone/bin"));
        assert_eq!(settings.engine.apart_workers, settings.engine.workers);
        assert_eq!(from_flags(&[]).expect("valid").engine.apart_workers, 0);
    }

    #[test]
    fn a_place_that_does_not_exist_and_a_wait_that_is_too_long_are_mistakes() {
        let error = from_flags(&[
            ("plugins.isolation_of.mood", "elsewhere"),
            ("plugins.isolation", "process"),
            ("plugins.process.answer_within", "7s"),
            ("plugins.process.nice", "20"),
        ])
        .expect_err("all are wrong");
        let text = error.to_string();
        assert!(text.contains("plugins.isolation_of.mood = \"elsewhere\": give \"in_process\""), "{text}");
        assert!(text.contains(".answer_within = 7s: give less together than engine.stuck_after"), "{text}");
        assert!(text.contains("plugins.process.nice = 20"), "{text}");
        assert_eq!(error.mistakes.len(), 3);
    }
}
