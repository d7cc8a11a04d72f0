"""What a stream tells. Times are seconds of audio from the stream's start."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from undertone.results import Final, Interim, ModelRef, Participation
from undertone.v1 import recognizer_pb2 as v1


class EndReason(Enum):
    """Why a stream ended."""

    FINISHED = v1.Ended.REASON_FINISHED
    """Everything was heard and answered."""
    IDLE_TIMEOUT = v1.Ended.REASON_IDLE_TIMEOUT
    """No message came for the server's idle timeout."""
    DRAINED = v1.Ended.REASON_DRAINED
    """The server shut down, and the stream could not be taken up again."""
    LONGEST = v1.Ended.REASON_LONGEST
    """The stream was as long as the server allows (``Limits``); all that was heard was answered."""
    UNKNOWN = v1.Ended.REASON_UNSPECIFIED


class WarningKind(Enum):
    """What the server noticed about the audio."""

    GAP = v1.Warning.KIND_GAP
    CLIPPING = v1.Warning.KIND_CLIPPING
    LOW_LEVEL = v1.Warning.KIND_LOW_LEVEL
    TOO_SHORT = v1.Warning.KIND_TOO_SHORT
    UNKNOWN = v1.Warning.KIND_UNSPECIFIED


@dataclass(frozen=True)
class Limits:
    """What the server allows a stream; times in seconds."""

    max_message_bytes: int
    max_audio: float
    idle_timeout: float
    resume_within: float
    max_duration: float


@dataclass(frozen=True)
class Started:
    """First: what the server understood."""

    stream_id: str
    """Identifier under which the stream's predictions are stored, a UUID."""
    model: ModelRef
    """The model that answers."""
    labels: tuple[str, ...]
    """The labels of all results, in their order."""
    look_ahead: float
    """Seconds behind an update's end that the model must hear before it can send the update."""
    limits: Limits
    """What the server allows."""
    resumable: bool
    """Whether the stream is taken up again when it breaks off."""
    config: v1.RecognitionConfig = field(repr=False)
    """The configuration with every default filled in."""
    participation: Participation | None = None
    """The stream's part in an experiment; None: in none."""


@dataclass(frozen=True)
class Resumed:
    """The stream broke off and was taken up again; updates of the utterance under way are repeated."""

    stream_id: str
    """The same as in Started."""
    audio_from: float
    """Seconds of audio that will not be heard again."""
    reason: str
    """How it broke off, in a sentence."""


@dataclass(frozen=True)
class SpeechBegin:
    """Somebody began to speak."""

    offset: float
    """Where, in seconds."""


@dataclass(frozen=True)
class SpeechEnd:
    """Somebody stopped speaking."""

    offset: float
    """Where, in seconds."""


@dataclass(frozen=True)
class AudioWarning:
    """Something about the audio that you should know."""

    kind: WarningKind
    message: str
    """A sentence for a person."""
    offset: float
    """Where, in seconds."""


@dataclass(frozen=True)
class Ended:
    """Last: totals of the stream."""

    reason: EndReason
    audio_duration: float
    """Seconds of audio heard."""
    utterances: int
    """Final results sent."""
    updates_sent: int
    """Interim updates sent."""
    updates_dropped: int
    """Interim updates left out because they were read too slowly."""
    updates_thinned: int
    """Interim updates left out because the server was behind."""


Event: TypeAlias = Started | Resumed | SpeechBegin | SpeechEnd | Interim | Final | AudioWarning | Ended
"""Whatever a stream tells."""
