//! Valgrind over the work: no wrong access, no memory that nobody can reach any more, and none that grows with the work, whoever
//! could still reach it.

use super::{ENGINES, work};
use crate::repository;
use anyhow::{Context, anyhow, bail};
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What valgrind ends with when it found something.
const FOUND: i32 = 99;
/// Runs of an instance, from its making to its end, of a long look. Nearly all of valgrind's time goes into loading: two loads with many
/// runs show what many loads with few do, in a fifth of the time.
const RUNS: usize = 210;
/// More of this with every additional load of the bundles is growth. What an allocator or a pool of threads takes for good comes once.
const BLOCKS: i64 = 1;
const BYTES: i64 = 64;

/// How much is done while somebody watches.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// What runs graphs.
    pub engines: &'static [&'static str],
    /// How often all bundles are loaded, each time twice; half as often in the run that is compared.
    pub rounds: usize,
    /// Runs of every instance.
    pub runs: usize,
}

/// What is still in use at the end, whoever could give it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heap {
    bytes: i64,
    blocks: i64,
}

/// What was in use behind half of the work, and behind all of it.
#[derive(Debug)]
pub struct Found {
    half: Heap,
    whole: Heap,
    /// Rounds between the two.
    rounds: i64,
}

impl Amount {
    /// At least so many runs of the bundles that [`super::prepare`] lays out.
    pub fn of_runs(runs: usize) -> Self {
        let round = RUNS * ENGINES.len() * work::INSTANCES;
        Self { engines: &ENGINES, rounds: runs.div_ceil(round).next_multiple_of(2).max(2), runs: RUNS }
    }
}

impl Found {
    /// What grew, if anything did.
    ///
    /// # Errors
    /// When it grew.
    pub fn verdict(&self) -> anyhow::Result<()> {
        let (bytes, blocks) = (self.whole.bytes - self.half.bytes, self.whole.blocks - self.half.blocks);
        if bytes < BYTES * self.rounds && blocks < BLOCKS * self.rounds {
            return Ok(());
        }
        bail!("memory in use grew by {bytes} bytes in {blocks} blocks with {} more rounds", self.rounds)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { half, whole, rounds } = self;
        write!(
            f,
            "in use at the end: {} bytes in {} blocks behind {rounds} rounds, {} bytes in {} blocks behind {}",
            half.bytes,
            half.blocks,
            whole.bytes,
            whole.blocks,
            2 * rounds
        )
    }
}

/// Whether valgrind is installed.
pub fn has_valgrind() -> bool {
    let mut command = Command::new("valgrind");
    let asked = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Has valgrind watch `program`, which is the one called `soak`, over what was prepared in `dir`: half of `amount`, and all of it.
///
/// # Errors
/// With what valgrind says, when it found a wrong access or memory that is lost; or when the work itself fails.
pub fn watch(program: &Path, stage: &Path, dir: &Path, amount: Amount) -> anyhow::Result<Found> {
    let rounds = amount.rounds / 2;
    let heap = |rounds| watched(program, stage, dir, Amount { rounds, ..amount });
    let (half, whole) = std::thread::scope(|scope| {
        let half = scope.spawn(|| heap(rounds));
        let whole = heap(2 * rounds);
        (half.join().unwrap_or_else(|_| Err(anyhow!("who watched half of it panicked"))), whole)
    });
    Ok(Found { half: half?, whole: whole?, rounds: i64::try_from(rounds)? })
}

fn watched(program: &Path, stage: &Path, dir: &Path, amount: Amount) -> anyhow::Result<Heap> {
    let log = dir.join(format!("valgrind-{}.txt", amount.rounds));
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite"]);
    valgrind.arg(format!("--error-exitcode={FOUND}"));
    valgrind.arg(format!("--suppressions={}", repository().join("xtask/valgrind.supp").display()));
    valgrind.arg(format!("--log-file={}", log.display()));
    valgrind.arg(program).arg("run").arg(stage).arg(dir);
    valgrind.arg(amount.engines.join(","));
    valgrind.arg(amount.rounds.to_string()).arg(amount.runs.to_string());
    let done = valgrind.env("ORT_DISABLE_TELEMETRY", "1").output().context("valgrind cannot be started")?;
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    if !done.status.success() {
        let errors = String::from_utf8_lossy(&done.stderr);
        bail!("{} behind {} rounds: {errors}\n{said}", done.status, amount.rounds);
    }
    heap_of(&said).with_context(|| format!("valgrind does not say what is in use: {said}"))
}

/// From a line such as `==1== in use at exit: 72,704 bytes in 3 blocks`.
fn heap_of(said: &str) -> Option<Heap> {
    let line = said.lines().find_map(|line| line.split_once("in use at exit: "))?.1;
    let (bytes, blocks) = line.split_once(" bytes in ")?;
    let number = |text: &str| text.replace(',', "").parse().ok();
    Some(Heap { bytes: number(bytes)?, blocks: number(blocks.strip_suffix(" blocks")?)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_is_read_from_valgrinds_summary() {
        let said = "==7== HEAP SUMMARY:\n==7==     in use at exit: 1,072,704 bytes in 1,003 blocks\n==7==\n";
        assert_eq!(heap_of(said), Some(Heap { bytes: 1_072_704, blocks: 1_003 }));
        assert_eq!(heap_of("==7== no summary"), None);
    }

    #[test]
    fn a_leak_of_one_block_in_every_round_is_growth_and_one_for_good_is_none() {
        let heap = |bytes, blocks| Heap { bytes, blocks };
        let found = |whole| Found { half: heap(10_000, 100), whole, rounds: 4 };
        assert!(found(heap(10_000, 100)).verdict().is_ok());
        assert!(found(heap(10_032, 101)).verdict().is_ok());
        assert!(found(heap(10_008, 104)).verdict().is_err(), "a block with every round");
        assert!(found(heap(10_256, 100)).verdict().is_err(), "one block that grows");
    }

    #[test]
    fn ten_thousand_runs_are_no_fewer() {
        let Amount { rounds, runs, .. } = Amount::of_runs(10_000);
        assert!(rounds.is_multiple_of(2) && rounds * runs * ENGINES.len() * work::INSTANCES >= 10_000);
    }
}
