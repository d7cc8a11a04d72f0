"""Client of Undertone, which hears how something is said.

``Client`` for plain programs, ``AsyncClient`` for asyncio; both have ``recognize`` for recordings and ``stream`` for
speech that is being spoken.
"""

from importlib.metadata import version

from undertone.aio import AsyncClient, collect
from undertone.analytics import Filter, Judgements, Span, Table
from undertone.audio import AudioFormat, Encoding, Recording
from undertone.client import Client, EventStream
from undertone.connection import Connection, Tls
from undertone.errors import (
    Aborted,
    AlreadyExists,
    AudioError,
    Cancelled,
    DeadlineExceeded,
    FailedPrecondition,
    FieldViolation,
    Internal,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    ServerError,
    StreamBroken,
    Unauthenticated,
    Unavailable,
    UndertoneError,
    Unimplemented,
    UsageError,
)
from undertone.events import (
    AudioWarning,
    Ended,
    EndReason,
    Event,
    Limits,
    Resumed,
    SpeechBegin,
    SpeechEnd,
    Started,
    WarningKind,
)
from undertone.experiments import Arm, Assigned, Change, Experiment
from undertone.feedback import Given, Interval, Judgement
from undertone.microphone import Microphone
from undertone.models import Model, Models, RefusedBundle
from undertone.options import Endpointing, Options
from undertone.results import (
    Final,
    Interim,
    ModelRef,
    Participation,
    Recognition,
    Result,
    TimeParts,
    Trigger,
    Utterance,
)
from undertone.retry import Retry
from undertone.source import Chunk, Source
from undertone.stream import AsyncEventStream

__version__ = version("undertone")

__all__ = [
    "Aborted",
    "AlreadyExists",
    "Arm",
    "Assigned",
    "AsyncClient",
    "AsyncEventStream",
    "AudioError",
    "AudioFormat",
    "AudioWarning",
    "Cancelled",
    "Change",
    "Chunk",
    "Client",
    "Connection",
    "DeadlineExceeded",
    "Encoding",
    "EndReason",
    "Ended",
    "Endpointing",
    "Event",
    "EventStream",
    "Experiment",
    "FailedPrecondition",
    "FieldViolation",
    "Filter",
    "Final",
    "Given",
    "Interim",
    "Internal",
    "Interval",
    "InvalidArgument",
    "Judgement",
    "Judgements",
    "Limits",
    "Microphone",
    "Model",
    "ModelRef",
    "Models",
    "NotFound",
    "Options",
    "OutOfRange",
    "Participation",
    "PermissionDenied",
    "Recognition",
    "Recording",
    "RefusedBundle",
    "ResourceExhausted",
    "Result",
    "Resumed",
    "Retry",
    "ServerError",
    "Source",
    "Span",
    "SpeechBegin",
    "SpeechEnd",
    "Started",
    "StreamBroken",
    "Table",
    "TimeParts",
    "Tls",
    "Trigger",
    "Unauthenticated",
    "Unavailable",
    "UndertoneError",
    "Unimplemented",
    "UsageError",
    "Utterance",
    "WarningKind",
    "collect",
]
