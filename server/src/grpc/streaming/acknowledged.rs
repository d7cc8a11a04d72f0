//! What a stream's client was last told that it may forget.

use crate::grpc::resumes::Acknowledging;
use std::time::Instant;
use undertone_engine::ResumePoint;
use undertone_proto::v1;

/// Tokens are made anew, where nothing else does it, when so many parts of their time are over.
const PARTS: u32 = 4;

/// Acknowledges, and keeps the client's token young while there is nothing new to acknowledge.
pub(super) struct Acknowledged {
    acknowledging: Acknowledging,
    point: ResumePoint,
    told: Instant,
}

impl Acknowledged {
    /// The client was told `point` when the stream began.
    pub(super) fn new(acknowledging: Acknowledging, point: ResumePoint) -> Self {
        Self { acknowledging, point, told: Instant::now() }
    }

    /// Tells the client to forget what lies before `point`.
    pub(super) fn at(&mut self, point: ResumePoint) -> v1::Acknowledgement {
        (self.point, self.told) = (point, Instant::now());
        self.acknowledging.acknowledgement(point)
    }

    /// Tells it the same once more, once the token that it has is no longer new.
    pub(super) fn again(&mut self) -> Option<v1::Acknowledgement> {
        let is_due = self.told.elapsed() * PARTS >= self.acknowledging.within();
        is_due.then(|| self.at(self.point))
    }
}
