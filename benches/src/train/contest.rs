//! One network, trained by both sides in turns.

use super::pytorch::Pytorch;
use super::workload::Workload;
use crate::Run;
use anyhow::{Result, ensure};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::path::Path;
use std::time::Instant;
use undertone_trainer::training::{self, Start};

/// What the figures of a network are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    /// Our seconds over PyTorch's.
    pub(super) ratio: &'static str,
    /// Seconds per epoch, ours and PyTorch's.
    pub(super) seconds: [&'static str; 2],
    /// Mean loss of the epoch, ours and PyTorch's.
    pub(super) losses: [&'static str; 2],
    /// Cores that PyTorch had.
    pub(super) cores: &'static str,
}

/// A training under way on both sides.
pub(super) struct Contest {
    names: Names,
    workload: Workload,
    ours: training::Run,
    threads: ThreadPool,
    theirs: Pytorch,
}

impl Contest {
    /// Fails when PyTorch's network has another number of learnt values than ours.
    pub(super) fn new(names: Names, workload: Workload, python: &Path) -> Result<Self> {
        let network = workload.network();
        let theirs = Pytorch::start(python, &workload)?;
        let (own, other) = (network.parameters().learnt(), theirs.description.learnt);
        ensure!(own == other, "{}: {own} values are learnt here and {other} by PyTorch", names.ratio);
        let ours = training::Run::new(Start {
            network,
            plan: workload.plan.clone(),
            teacher: None,
            origin: String::new(),
        });
        let threads = ThreadPoolBuilder::new().num_threads(workload.threads).build()?;
        Ok(Self { names, workload, ours, threads, theirs })
    }

    /// PyTorch's version.
    pub(super) fn version(&self) -> &str {
        &self.theirs.description.version
    }

    /// One epoch of ours, then one of PyTorch's.
    pub(super) fn epoch(&mut self) -> Result<Run> {
        let (own_seconds, own_loss) = self.own_epoch()?;
        let theirs = self.theirs.epoch()?;
        let Names { ratio, seconds, losses, cores } = self.names;
        Ok(Run::from([
            (ratio, own_seconds / theirs.seconds),
            (seconds[0], own_seconds),
            (seconds[1], theirs.seconds),
            (losses[0], own_loss),
            (losses[1], theirs.loss),
            (cores, theirs.cores),
        ]))
    }

    /// Seconds and mean loss.
    fn own_epoch(&mut self) -> Result<(f64, f64)> {
        let examples = self.workload.examples();
        let start = Instant::now();
        let report = self.threads.install(|| self.ours.epoch(&examples, |_| Ok(None)))?;
        Ok((start.elapsed().as_secs_f64(), f64::from(report.loss)))
    }
}
