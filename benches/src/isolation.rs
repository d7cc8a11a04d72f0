//! What it costs to run a plugin in a process of its own.

use crate::contest::{contest, models, subjects};
use crate::{Aim, Options, Report};
use anyhow::Result;
use std::path::PathBuf;
use std::time::Duration;
use undertone_plugin_host::isolation::{
    BackoffConfig, BreakerConfig, Isolation, IsolationConfig, ProcessConfig,
};

const PER_SECOND: [[&str; 2]; 2] = [
    ["cnn_in_process_items_per_second_8", "cnn_isolated_items_per_second_8"],
    ["lstm_in_process_items_per_second_8", "lstm_isolated_items_per_second_8"],
];

/// Items that a classifier scores per second in a process of its own, divided by the same in this one.
pub fn measure_isolation(options: &Options) -> Result<Report> {
    let here = models(options, |host| host);
    let apart = models(options, |host| host.with_isolation(config(options), None));
    contest(options, "isolation", Some(Aim::AtLeast(0.85)), ([here, apart], subjects(PER_SECOND)))
}

fn config(options: &Options) -> IsolationConfig {
    let minute = Duration::from_secs(60);
    IsolationConfig {
        default: Isolation::Process,
        // Classifiers are what is measured.
        exceptions: [("logmel".to_owned(), Isolation::InProcess)].into(),
        process: ProcessConfig {
            program: options.stage.join("bin/undertone-plugin-host"),
            start_within: minute,
            wait_for_start: minute,
            answer_within: minute,
            require_confinement: false,
            memory_bytes: 1 << 30,
            shared_bytes: 16 << 20,
            streams: 32,
            backoff: BackoffConfig { first: minute, longest: minute },
            breaker: BreakerConfig { losses: 1, within: minute, open_for: minute },
            readable: Vec::<PathBuf>::new(),
        },
    }
}
