//! Hosts that run plugins in processes, and what happened to these.

use crate::support::Site;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use undertone_plugin_host::isolation::{
    BackoffConfig, BreakerConfig, BreakerState, Isolation, IsolationConfig, ProcessConfig, ProcessObserver,
    ProcessOf,
};

const MIB: u64 = 1 << 20;

/// Notes what happened.
#[derive(Default)]
pub(crate) struct Notes(pub(crate) Mutex<Vec<String>>);

impl Notes {
    fn note(&self, what: String) {
        self.0.lock().expect("nobody panics with it").push(what);
    }

    pub(crate) fn count(&self, what: &str) -> usize {
        self.0.lock().expect("nobody panics with it").iter().filter(|own| *own == what).count()
    }
}

impl ProcessObserver for Notes {
    fn started(&self, _: ProcessOf<'_>, again: bool) {
        self.note(if again { "restarted" } else { "started" }.to_owned());
    }
    fn lost(&self, _: ProcessOf<'_>, reason: &'static str) {
        self.note(reason.to_owned());
    }
    fn breaker(&self, _: ProcessOf<'_>, state: BreakerState) {
        self.note(state.name().to_owned());
    }
    fn memory(&self, _: ProcessOf<'_>, _: usize, _: u64) {}
}

fn config() -> IsolationConfig {
    IsolationConfig {
        default: Isolation::Process,
        exceptions: [("faulty_extractor".to_owned(), Isolation::InProcess)].into(),
        process: ProcessConfig {
            program: PathBuf::from(env!("CARGO_BIN_EXE_undertone-plugin-host")),
            start_within: Duration::from_secs(60),
            wait_for_start: Duration::from_secs(60),
            answer_within: Duration::from_secs(60),
            nice: 0,
            require_confinement: false,
            memory_bytes: 256 * MIB,
            shared_bytes: MIB as usize,
            streams: 2,
            backoff: BackoffConfig { first: Duration::from_millis(1), longest: Duration::from_millis(10) },
            breaker: BreakerConfig {
                losses: 100,
                within: Duration::from_secs(600),
                open_for: Duration::from_secs(600),
            },
            readable: Vec::new(),
        },
    }
}

/// A host that runs its plugins in processes.
pub(crate) fn site(change: impl FnOnce(&mut IsolationConfig)) -> (Site, Arc<Notes>) {
    let (mut config, notes) = (config(), Arc::<Notes>::default());
    change(&mut config);
    let observer = notes.clone();
    (Site::new().with_host(|host| host.with_isolation(config, Some(observer))), notes)
}
