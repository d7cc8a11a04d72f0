"""What a model says about speech. Times are seconds of audio from its start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from undertone.durations import seconds
from undertone.v1 import recognizer_pb2 as v1

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Trigger(Enum):
    """Why a result was made."""

    INTERVAL = v1.RESULT_TRIGGER_INTERVAL
    FLUSH = v1.RESULT_TRIGGER_FLUSH
    SILENCE = v1.RESULT_TRIGGER_SILENCE
    MAX_LENGTH = v1.RESULT_TRIGGER_MAX_LENGTH
    END_UTTERANCE = v1.RESULT_TRIGGER_END_UTTERANCE
    END_OF_STREAM = v1.RESULT_TRIGGER_END_OF_STREAM
    UNKNOWN = v1.RESULT_TRIGGER_UNSPECIFIED


@dataclass(frozen=True)
class ModelRef:
    """Name and version of a model; as a text ``NAME@VERSION``."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Participation:
    """The part of a stream or a recording in an experiment."""

    experiment: str
    arm: str
    """Its model answers."""
    forced: bool
    """Whether the client asked for the arm; then it is left out of the experiment's report."""


@dataclass(frozen=True)
class TimeParts:
    """Where the server's time for a result went, in seconds."""

    queue: float
    features: float
    inference: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an interim update and a final result have in common."""

    sequence: int
    """Grows by one with every result of a stream, from 1; a dropped update leaves a gap."""
    utterance: int
    """Which utterance of the stream, from 1."""
    start: float
    """Where the utterance begins, in seconds."""
    end: float
    """Where the utterance ends, or what was heard of it, in seconds."""
    probabilities: dict[str, float]
    """One probability per label, in the order of the model's labels; they sum to 1."""
    top: str
    """The most probable label."""
    confidence: float
    """Its probability."""
    shown: str
    """The label to show: ``top``, but for the hysteresis that was asked for."""
    abstained: bool
    """Whether the answer is too unsure to be shown as one."""
    stability: float
    """How little the answer is expected to change, 0 to 1."""
    plausible: tuple[str, ...]
    """Labels that hold the true one with the model's stated coverage; empty when it states none."""
    trigger: Trigger
    """Why the result was made."""
    audio_processed: float
    """Seconds of audio heard when the result was made."""
    time_parts: TimeParts
    """Where the server's time went."""


@dataclass(frozen=True, kw_only=True)
class Interim(Result):
    """What is said about the utterance so far, while it is being spoken."""


@dataclass(frozen=True, kw_only=True)
class Final(Result):
    """The last word on an utterance."""

    prediction_id: str
    """Identifier of the stored prediction, a UUID."""


@dataclass(frozen=True, kw_only=True)
class Utterance(Final):
    """A final result of a recording, and how it came about."""

    updates: tuple[Interim, ...] = ()
    """The updates before it, when they were asked for."""


@dataclass(frozen=True)
class Recognition:
    """Everything that was said about a recording."""

    stream_id: str
    """Identifier under which the predictions are stored, a UUID."""
    model: ModelRef
    """The model that answered."""
    utterances: tuple[Utterance, ...]
    """What was found, in time order; none in silence."""
    duration: float
    """Length of the recording in seconds."""
    warnings: tuple[str, ...] = ()
    """What the server noticed about the audio, in sentences."""
    participation: Participation | None = None
    """Its part in an experiment; None: in none."""

    def timeline(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32], list[str]]:
        """The probabilities over time, for a plot. Needs numpy.

        Returns the times in seconds, shape ``[points]``; the probabilities, shape ``[points, labels]``; and the
        labels. A point is the end of an update or of an utterance. Ask for ``interim=True`` to have more than one
        per utterance.
        """
        import numpy as np

        points: list[Result] = []
        for utterance in self.utterances:
            points.extend((*utterance.updates, utterance))
        labels = list(points[0].probabilities) if points else []
        times = np.array([point.end for point in points], dtype=np.float64)
        rows = [[point.probabilities[label] for label in labels] for point in points]
        return times, np.array(rows, dtype=np.float32).reshape(len(points), len(labels)), labels


ResultT = TypeVar("ResultT", bound=Result)


def read_interim(wire: v1.Result) -> Interim:
    """An update from its message."""
    return _read(Interim, wire)


def read_final(wire: v1.Result) -> Final:
    """A final result from its message."""
    return _read(Final, wire, prediction_id=wire.prediction_id)


def read_utterance(final: v1.Result, updates: Sequence[v1.Result]) -> Utterance:
    """A recording's utterance from its messages."""
    read = tuple(read_interim(update) for update in updates)
    return _read(Utterance, final, prediction_id=final.prediction_id, updates=read)


def read_model(wire: v1.ModelRef) -> ModelRef:
    """Name and version from their message."""
    return ModelRef(wire.name, wire.version)


def read_participation(wire: v1.Started | v1.RecognizeResponse) -> Participation | None:
    """The part in an experiment that a message tells of."""
    if not wire.HasField("participation"):
        return None
    own = wire.participation
    return Participation(own.experiment, own.arm, own.forced)


def read_recognition(wire: v1.RecognizeResponse) -> Recognition:
    """An answer from its message."""
    return Recognition(
        stream_id=wire.stream_id,
        model=read_model(wire.model),
        utterances=tuple(read_utterance(own.result, own.updates) for own in wire.utterances),
        duration=seconds(wire.audio_duration),
        warnings=tuple(warning.message for warning in wire.warnings),
        participation=read_participation(wire),
    )


def _read(kind: type[ResultT], wire: v1.Result, **more: object) -> ResultT:
    values: dict[str, object] = {
        "sequence": wire.sequence,
        "utterance": wire.utterance,
        "start": seconds(wire.start),
        "end": seconds(wire.end),
        "probabilities": {own.label: own.probability for own in wire.probabilities},
        "top": wire.top,
        "confidence": wire.confidence,
        "shown": wire.shown,
        "abstained": wire.abstained,
        "stability": wire.stability,
        "plausible": tuple(wire.plausible),
        "trigger": _trigger(wire.trigger),
        "audio_processed": seconds(wire.audio_processed),
        "time_parts": TimeParts(
            queue=seconds(wire.time_parts.queue),
            features=seconds(wire.time_parts.features),
            inference=seconds(wire.time_parts.inference),
        ),
    }
    return kind(**values, **more)  # type: ignore[arg-type]  # the fields of Result and those of `kind`


def _trigger(number: int) -> Trigger:
    try:
        return Trigger(number)
    except ValueError:
        # A server that is newer than this client knows more reasons.
        return Trigger.UNKNOWN
