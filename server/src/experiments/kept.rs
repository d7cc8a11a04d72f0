//! An experiment as the server holds it.

use super::document::Document;
use super::progress::Progress;
use anyhow::{Context, anyhow};
use undertone_core::{Labels, UnixMicros};
use undertone_experiments::{Arm, ArmIndex, Experiment, State};
use undertone_store::{ExperimentKey, ExperimentRow};

/// An experiment as the server holds it: its newest revision, ready to assign.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// Whose it is; it takes no streams of others.
    pub(crate) tenant: String,
    pub(crate) document: Document,
    pub(crate) progress: Progress,
    pub(crate) state: State,
    pub(crate) revision: u64,
    pub(crate) updated_at: UnixMicros,
    pub(crate) experiment: Experiment,
}

impl Kept {
    /// Reads a row. Fails for one that this version does not understand.
    pub(crate) fn from_row(row: ExperimentRow) -> anyhow::Result<Self> {
        let document: Document = serde_json::from_value(row.definition).context("the definition")?;
        let progress: Progress = serde_json::from_value(row.progress).context("the progress")?;
        let state = State::ALL.into_iter().find(|state| state.name() == row.state);
        let definition = document.definition().map_err(|mistakes| anyhow!(mistakes.join("; ")))?;
        Ok(Self {
            experiment: Experiment::resume(definition, progress.runs())?,
            tenant: row.tenant,
            document,
            progress,
            state: state.with_context(|| format!("{:?} is no state", row.state))?,
            revision: row.revision,
            updated_at: row.updated_at,
        })
    }

    pub(crate) fn to_row(&self) -> Result<ExperimentRow, serde_json::Error> {
        Ok(ExperimentRow {
            tenant: self.tenant.clone(),
            name: self.document.name.clone(),
            revision: self.revision,
            state: self.state.name().to_owned(),
            layer: self.document.layer.as_ref().map(|part| part.name.clone()),
            unit: match self.document.unit {
                super::document::UnitName::Subject => "subject".to_owned(),
                super::document::UnitName::Stream => "stream".to_owned(),
            },
            definition: serde_json::to_value(&self.document)?,
            progress: serde_json::to_value(&self.progress)?,
            updated_at: self.updated_at,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.document.name
    }

    pub(crate) fn key(&self) -> ExperimentKey<'_> {
        ExperimentKey { tenant: &self.tenant, name: self.name() }
    }

    /// The arms in their order.
    pub(crate) fn arms(&self) -> &[Arm] {
        &self.experiment.definition().arms
    }

    /// What the models' registry is asked for an arm's model.
    pub(crate) fn model_of(&self, arm: ArmIndex) -> &str {
        self.document.arms.get(arm.0).map_or("", |arm| arm.model.as_str())
    }

    pub(crate) fn arm_named(&self, name: &str) -> Option<ArmIndex> {
        self.arms().iter().position(|arm| arm.name == name).map(ArmIndex)
    }

    /// Whether units are assigned at `now`.
    pub(crate) fn is_open(&self, now: UnixMicros) -> bool {
        let (start, end) = self.document.window();
        self.state == State::Running
            && start.is_none_or(|start| start <= now)
            && end.is_none_or(|end| now < end)
    }

    pub(crate) fn is_eligible(&self, labels: &Labels) -> bool {
        self.document.eligible.iter().all(|condition| condition.holds(labels))
    }

    /// How an arm's answers are marked in their rows.
    pub(crate) fn column(&self, arm: ArmIndex, forced: bool) -> String {
        let name = self.arms().get(arm.0).map_or("", |arm| arm.name.as_str());
        let forced = if forced { FORCED } else { "" };
        format!("{}/{name}{forced}", self.name())
    }

    /// Reads what [`Self::column`] writes: the arm, and whether it was forced.
    pub(crate) fn arm_of_column(&self, column: &str) -> Option<(ArmIndex, bool)> {
        let own = column.strip_prefix(self.name())?.strip_prefix('/')?;
        let (name, forced) = own.strip_suffix(FORCED).map_or((own, false), |name| (name, true));
        Some((self.arm_named(name)?, forced))
    }
}

/// Behind the arm of answers that a tester asked for. Names hold no `/`.
const FORCED: &str = "/forced";
