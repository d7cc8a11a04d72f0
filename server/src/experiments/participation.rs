//! A stream's part in an experiment.

use super::kept::Kept;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use undertone_core::{StreamId, UnixMicros};
use undertone_experiments::{ArmIndex, Bucket, Origin, Unit};
use undertone_plugin_host::LoadedModel;
use undertone_proto::v1;
use undertone_store::Exposure;

/// A stream's part in an experiment.
#[derive(Debug)]
pub(crate) struct Participation {
    pub(crate) kept: Arc<Kept>,
    pub(crate) arm: ArmIndex,
    pub(crate) origin: Origin,
    /// The models that listen along, with their arms.
    pub(crate) shadows: Vec<(ArmIndex, Arc<LoadedModel>)>,
    exposed: AtomicBool,
}

impl Participation {
    pub(crate) fn new(kept: Arc<Kept>, arm: ArmIndex, origin: Origin) -> Self {
        Self { kept, arm, origin, shadows: Vec::new(), exposed: AtomicBool::new(false) }
    }

    pub(crate) fn is_forced(&self) -> bool {
        self.origin == Origin::Forced
    }

    /// Whether every stream is a unit of its own.
    pub(crate) fn is_by_stream(&self) -> bool {
        self.kept.experiment.definition().unit == Unit::Stream
    }

    /// How the answers of the stream's arm are marked.
    pub(crate) fn column(&self) -> String {
        self.kept.column(self.arm, self.is_forced())
    }

    /// How the answers of a model that listens along are marked.
    pub(crate) fn shadow_column(&self, shadow: ArmIndex) -> String {
        self.kept.column(shadow, self.is_forced())
    }

    /// The exposure of the unit that is stored as `unit`: once per stream, at its first call.
    pub(crate) fn expose(&self, unit: &str, stream_id: StreamId, at: UnixMicros) -> Option<Exposure> {
        if self.exposed.swap(true, Ordering::AcqRel) {
            return None;
        }
        let arm = self.kept.arms().get(self.arm.0)?;
        Some(Exposure {
            tenant: self.kept.tenant.clone(),
            experiment: self.kept.name().to_owned(),
            unit: unit.replace('\0', "\u{fffd}"),
            forced: self.is_forced(),
            arm: arm.name.clone(),
            share: f64::from(arm.weight) / f64::from(Bucket::COUNT),
            revision: self.kept.revision,
            stream_id,
            at,
        })
    }

    pub(crate) fn to_wire(&self) -> v1::Participation {
        v1::Participation {
            experiment: self.kept.name().to_owned(),
            arm: self.kept.arms().get(self.arm.0).map(|arm| arm.name.clone()).unwrap_or_default(),
            forced: self.is_forced(),
        }
    }
}
