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
    let (start_within, answer_within) = (duration("start_within", 30_000), duration("answer_within", 5_000));
    let backoff = BackoffConfig {
        first: duration("restart_after", 100),
        longest: duration("restart_after_at_most", 10_000),
    };
    let (within, open_for) = (duration("breaker_within", 60_000), duration("breaker_open_for", 30_000));
    ProcessConfig {
        program: reader.path("plugins.process.program", places.plugin_host()),
        start_within,
        answer_within,
        memory_bytes: reader.count("plugins.process.memory_bytes", 1024 * MIB, 16 * MIB..=1 << 44),
        shared_bytes: reader.count("plugins.process.shared_bytes", 16 * MIB, MIB..=1 << 34) as usize,
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
    if isolation.is_used() && isolation.process.answer_within >= engine.stuck_after {
        reader.mistake(format!(
            "plugins.process.answer_within = {:?}: give less than engine.stuck_after, which is {:?}",
            isolation.process.answer_within, engine.stuck_after
        ));
    }
}
