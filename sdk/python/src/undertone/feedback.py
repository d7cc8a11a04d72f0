"""What was right about an answer. ``client.feedback``."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from undertone.durations import duration
from undertone.errors import UsageError
from undertone.unary import Ask, timestamp
from undertone.v1 import feedback_pb2 as v1


@dataclass(frozen=True)
class Interval:
    """A part of a stream, in seconds of audio from its start."""

    stream_id: str
    start: float
    end: float


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What somebody says is right. Give the right ``label``, or whether the answer is ``correct``."""

    about: str | Interval
    """The ``prediction_id`` of a final result, or everything of which at least half was said in an interval."""
    label: str | None = None
    correct: bool | None = None
    source: str = "python"
    """Who or what says so."""
    said_at: datetime | None = None
    """When; None: now. Of several judgements about one thing the one said last counts."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """A UUID, under which the same judgement sent again changes nothing."""

    def __post_init__(self) -> None:
        if (self.label is None) == (self.correct is None):
            raise UsageError("give the right label, or whether the answer is correct, and not both")


@dataclass(frozen=True)
class Given:
    """What became of judgements."""

    accepted: int
    """Those that were not there before."""
    known: int
    """Those that were there."""
    unknown_labels: tuple[str, ...] = ()
    """Labels of the judgements that no model of the server answers with: a mistake in spelling, or what people hear and
    no model knows. Their judgements are kept."""


class AsyncFeedback:
    """``undertone.v1.Feedback``."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def give(self, *judgements: Judgement) -> Given:
        """Keeps judgements: all of them, or none where one is wrong. They are durable when this returns."""
        request = v1.GiveFeedbackRequest(judgements=[_to_wire(own) for own in judgements])
        reply = await self._ask("/undertone.v1.Feedback/GiveFeedback", request, v1.GiveFeedbackResponse)
        return Given(reply.accepted, reply.known, tuple(reply.unknown_labels))


def _to_wire(own: Judgement) -> v1.Judgement:
    wire = v1.Judgement(id=own.id, source=own.source)
    if isinstance(own.about, Interval):
        start, end = duration(own.about.start), duration(own.about.end)
        wire.interval.CopyFrom(v1.StreamInterval(stream_id=own.about.stream_id, start=start, end=end))
    else:
        wire.prediction_id = own.about
    if own.label is not None:
        wire.label = own.label
    if own.correct is not None:
        wire.correct = own.correct
    if own.said_at is not None:
        wire.said_at.CopyFrom(timestamp(own.said_at))
    return wire
