//! How what was scored comes to the streams that asked for it.

use super::taken::Pending;
use super::turn::Score;
use super::{OwnedStream, Worker, WorkerContext, plugin_failure};
use crate::answer::ScoringFacts;
use crate::step::{ScoreRequest, Step};
use crate::{Answer, Event};

impl Worker<'_> {
    /// Hands out what was scored for `pending`, one by one.
    pub(super) fn deliver(&mut self, pending: Vec<Pending>, scores: Vec<Option<Score>>) {
        for (item, score) in pending.into_iter().zip(scores) {
            let Some(stream) = self.streams.get_mut(&item.stream) else { continue };
            match item.step {
                Step::Tell(event) => stream.tell(event, self.context.observer.as_ref()),
                Step::Score(request) => deliver_score(stream, &request, score, self.context),
                Step::Acknowledge(checkpoint) => {
                    let point = stream.answering.resume_point(checkpoint);
                    stream.tell(Event::Acknowledged(point), self.context.observer.as_ref());
                }
            }
        }
    }
}

fn deliver_score(
    stream: &mut OwnedStream,
    request: &ScoreRequest,
    score: Option<Score>,
    context: &WorkerContext,
) {
    let Some(Score { logits, took, own }) = score else { return };
    stream.own_time += own;
    let beside = took.saturating_sub(own);
    let facts = ScoringFacts { inference: own, beside, abstain_below: context.abstain_below };
    let answered = match logits {
        Ok(logits) => stream.answering.answer(request, &logits, stream.model.as_ref(), &facts),
        Err(error) => Err(plugin_failure(&error)),
    };
    match answered {
        Ok(answer) => {
            let answer = Answer { frames: stream.handed_out(request), ..answer };
            stream.tell(Event::Answer(Box::new(answer)), context.observer.as_ref());
        }
        Err(failure) => stream.fail(failure, context.observer.as_ref()),
    }
}
