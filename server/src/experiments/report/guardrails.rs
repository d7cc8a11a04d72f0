//! What the guardrails say.
//!
//! An experiment may have more answers than can be read at every look, and what happens now is what guardrails are there for. So
//! answers are looked at in blocks, one after the other, each with a part of `alpha` of its own: an arm that keeps its guardrails
//! is stopped at any block with a probability of at most `alpha`. Looking at the newest answers alone would stop it sooner or later.

use super::observations::observations;
use super::periods::Periods;
use super::store;
use crate::experiments::Kept;
use crate::experiments::refusal::Refusal;
use crate::recognition::Recognition;
use std::sync::Arc;
use undertone_core::UnixMicros;
use undertone_experiments::{Analysis, ArmIndex, Guardrail, Observations, Plan, Verdict};
use undertone_store::{Evidence, EvidenceQuery, Reading};

/// The end of the year 9999: behind every answer, and a time that databases know.
const NEVER: UnixMicros = UnixMicros(253_402_300_799_000_000);
/// A block and the one before it, about which something may still be said late.
const BLOCKS_READ: usize = 2;

/// What a guardrail says about an arm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Guarded {
    pub(crate) arm: ArmIndex,
    pub(crate) guardrail: Guardrail,
    pub(crate) verdict: Verdict,
}

/// What all guardrails say.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Guard {
    /// By arm, in the order of the definition.
    pub(crate) guarded: Vec<Guarded>,
    /// Answers of a block.
    pub(crate) block_answers: u32,
    /// Which block is the newest, from 0.
    pub(crate) block: usize,
    /// Where the next block begins, once the newest one is full.
    pub(crate) full_until: Option<UnixMicros>,
}

impl Guard {
    pub(crate) fn of_arm(&self, arm: ArmIndex) -> impl Iterator<Item = &Guarded> {
        self.guarded.iter().filter(move |own| own.arm == arm)
    }

    /// Where there are several blocks, what that means.
    pub(crate) fn told(&self) -> Option<String> {
        (self.block > 0).then(|| {
            format!(
                "guardrails look at {} answers at a time: this is block {}, and all blocks share the alpha",
                self.block_answers,
                self.block + 1
            )
        })
    }
}

/// Looks at the guardrails of an experiment now; none where it has none.
pub(crate) async fn guard(recognition: &Recognition, kept: &Arc<Kept>) -> Result<Guard, Refusal> {
    let block = kept.progress.watched_from_micros.len();
    // Two blocks are read, and together no more than a report reads.
    let block_answers = (recognition.experiments.report_answers / 2).max(1);
    let mut guard = Guard { block, block_answers, ..Guard::default() };
    if kept.document.guardrails.is_empty() {
        return Ok(guard);
    }
    let periods = Periods::of(kept, &store(recognition)?.history(kept.key()).await?);
    for number in looked_at(&kept.progress.watched_from_micros, ripe_until(kept, recognition.clock.now())) {
        let evidence = read(recognition, kept, (number, block_answers)).await?;
        if number == block && evidence.answers.len() >= block_answers as usize {
            guard.full_until = evidence.answers.last().map(|own| UnixMicros(own.created_at.0 + 1));
        }
        let (kept, periods, now) = (kept.clone(), periods.clone(), recognition.clock.now());
        let judging = tokio::task::spawn_blocking(move || judged(&kept, (&evidence, &periods), number, now));
        let judged = judging.await;
        let judged =
            judged.unwrap_or_else(|error| Err(Refusal::NotNow(format!("the analysis was lost: {error}"))))?;
        guard.guarded = if number == block { judged } else { of_both(guard.guarded, judged) };
    }
    Ok(guard)
}

/// Answers before that moment had all the time for feedback; none where nobody waits for it.
fn ripe_until(kept: &Kept, now: UnixMicros) -> i64 {
    let Some(patience) = kept.document.patience() else { return i64::MIN };
    now.0.saturating_sub(i64::try_from(patience.as_micros()).unwrap_or(i64::MAX))
}

/// Which blocks are looked at, the newest first: the newest ones, which tell what happens now, and the newest ones that ended
/// before `ripe_until`, which tell what people said. `begins` has the beginnings of all blocks but the first.
fn looked_at(begins: &[i64], ripe_until: i64) -> Vec<usize> {
    let ripe = begins.iter().rposition(|end| *end <= ripe_until);
    let newest_of = |block: usize| (0..=block).rev().take(BLOCKS_READ);
    let mut blocks: Vec<usize> =
        newest_of(begins.len()).chain(ripe.into_iter().flat_map(newest_of)).collect();
    blocks.dedup();
    blocks
}

async fn read(
    recognition: &Recognition,
    kept: &Kept,
    (block, limit): (usize, u32),
) -> Result<Evidence, Refusal> {
    let begins = &kept.progress.watched_from_micros;
    let since = block.checked_sub(1).and_then(|before| begins.get(before)).copied().unwrap_or(0);
    let until = begins.get(block).map_or(NEVER, |until| UnixMicros(*until));
    let first = Reading::Between(UnixMicros(since), until);
    let prefix = format!("{}/", kept.name());
    let query = EvidenceQuery { tenant: &kept.tenant, prefix: &prefix, limit, first };
    Ok(store(recognition)?.evidence(query).await?)
}

fn judged(
    kept: &Kept,
    read: (&Evidence, &Periods),
    block: usize,
    now: UnixMicros,
) -> Result<Vec<Guarded>, Refusal> {
    let plan = Plan::of(&kept.experiment)?;
    let goals = plan.goals.iter().take(1).copied().collect();
    let plan = Plan { goals, draws: 0, sequence: plan.sequence.of_block(block), ..plan };
    let answers = observations(kept, read, now).answers;
    let seen = Observations::new(answers, kept.arms().len(), kept.document.labels.len())?;
    let analysis = Analysis::of(&seen, &plan)?;
    let told = analysis.differences.into_iter().flat_map(|difference| {
        let of = move |(guardrail, verdict)| Guarded { arm: difference.arm, guardrail, verdict };
        difference.guardrails.into_iter().map(of)
    });
    Ok(told.collect())
}

/// A breach of either block counts, and else what the newer block says, once it says something.
fn of_both(newest: Vec<Guarded>, before: Vec<Guarded>) -> Vec<Guarded> {
    let both = newest.into_iter().zip(before).map(|(newest, before)| {
        let is_breached = matches!(before.verdict, Verdict::Breached { .. });
        if newest.verdict == Verdict::Watching || is_breached { before } else { newest }
    });
    both.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use undertone_experiments::Metric;

    fn guarded(verdict: Verdict) -> Vec<Guarded> {
        let guardrail = Guardrail { metric: Metric::Accuracy, tolerated: 0.1 };
        vec![Guarded { arm: ArmIndex(1), guardrail, verdict }]
    }

    #[test]
    fn the_newest_blocks_are_looked_at_and_the_newest_ones_of_which_people_had_time_to_speak() {
        assert_eq!(looked_at(&[], 1_000), [0]);
        assert_eq!(looked_at(&[10, 20, 30], 5), [3, 2]);
        assert_eq!(looked_at(&[10, 20, 30], 10), [3, 2, 0]);
        assert_eq!(looked_at(&[10, 20, 30, 40, 50], 29), [5, 4, 1, 0]);
        assert_eq!(looked_at(&[10, 20, 30, 40, 50], 49), [5, 4, 3, 2]);
        assert_eq!(looked_at(&[10, 20, 30], 30), [3, 2, 1]);
    }

    #[test]
    fn a_breach_of_either_block_counts_and_else_what_the_newest_says() {
        let breached = || Verdict::Breached { reason: "worse".to_owned() };
        let told = |newest, before| of_both(guarded(newest), guarded(before)).remove(0).verdict;
        assert_eq!(told(Verdict::Clear, breached()), breached());
        assert_eq!(told(breached(), Verdict::Clear), breached());
        assert_eq!(told(Verdict::Watching, Verdict::Clear), Verdict::Clear);
        assert_eq!(told(Verdict::Clear, Verdict::Watching), Verdict::Clear);
    }
}
