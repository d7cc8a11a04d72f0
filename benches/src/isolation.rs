//! What it costs to run a plugin in a process of its own.

use crate::contest::{contest, models, subjects};
use crate::{Aim, Options, Report, Run, noise};
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use undertone_core::{EndReason, Extractor, Frames, Model};
use undertone_plugin_host::isolation::{
    BackoffConfig, BreakerConfig, Isolation, IsolationConfig, ProcessConfig,
};

const PER_SECOND: [[&str; 2]; 2] = [
    ["cnn_in_process_items_per_second_8", "cnn_isolated_items_per_second_8"],
    ["lstm_in_process_items_per_second_8", "lstm_isolated_items_per_second_8"],
];

/// 0.1 s, the usual piece of a live stream.
const PUSH_SAMPLES: usize = 1_600;

/// Items that a classifier scores per second in a process of its own, divided by the same in this one.
pub fn measure_isolation(options: &Options) -> Result<Report> {
    let here = models(options, |host| host);
    let apart = models(options, |host| host.with_isolation(config(options), None));
    let extractors = [here.resolve("cnn")?, apart.resolve("cnn")?].map(|model| model.new_extractor());
    let [one, other] = extractors;
    let mut framing = Framing { sides: [one?, other?], samples: noise(PUSH_SAMPLES) };
    let beside = |turn, figures: &mut Run| framing.run(turn, figures);
    contest(options, "isolation", Some(Aim::AtLeast(0.85)), ([&here, &apart], subjects(PER_SECOND)), beside)
}

/// The models' extractor on both sides, with pieces as live streams bring them.
struct Framing {
    sides: [Box<dyn Extractor>; 2],
    samples: Vec<f32>,
}

impl Framing {
    /// Enters pieces per second, the ratio of the two, and what a piece takes longer apart.
    fn run(&mut self, turn: Duration, figures: &mut Run) -> Result<()> {
        let mut per_second = [0.0; 2];
        for (extractor, per_second) in self.sides.iter_mut().zip(&mut per_second) {
            let (begun, mut pushes) = (Instant::now(), 0_u32);
            let mut frames = Frames::new(extractor.layout().dim);
            while begun.elapsed() < turn {
                extractor.push(&self.samples, &mut frames)?;
                frames.truncate(0);
                pushes += 1;
            }
            *per_second = f64::from(pushes) / begun.elapsed().as_secs_f64();
            extractor.reset(EndReason::Finished)?;
        }
        let [here, apart] = per_second;
        figures.insert("logmel_in_process_pushes_per_second", here);
        figures.insert("logmel_isolated_pushes_per_second", apart);
        figures.insert("logmel_ratio", apart / here);
        figures.insert("logmel_cost_us", (1.0 / apart - 1.0 / here) * 1e6);
        Ok(())
    }
}

fn config(options: &Options) -> IsolationConfig {
    let minute = Duration::from_secs(60);
    IsolationConfig {
        default: Isolation::Process,
        exceptions: BTreeMap::new(),
        process: ProcessConfig {
            program: options.stage.join("bin/undertone-plugin-host"),
            start_within: minute,
            wait_for_start: minute,
            answer_within: minute,
            nice: 0,
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
