"""What can be asked of the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

from undertone.audio import AudioFormat
from undertone.durations import duration
from undertone.errors import UsageError
from undertone.v1 import recognizer_pb2 as v1

if TYPE_CHECKING:
    from typing_extensions import TypedDict
else:
    from typing import TypedDict


@dataclass(frozen=True, kw_only=True)
class Endpointing:
    """When an utterance begins and ends. None: the server's default, shown in ``Started.config``."""

    enabled: bool | None = None
    """False: the whole stream is one utterance, split at ``max_utterance``."""
    min_speech: float | None = None
    """Seconds; less speech is no utterance."""
    hangover: float | None = None
    """Seconds of silence that end an utterance."""
    pre_roll: float | None = None
    """Seconds before the first detected speech that belong to the utterance."""
    max_utterance: float | None = None
    """Seconds; a longer utterance is split."""
    threshold: float | None = None
    """Voice-activity probability above which a frame is speech, 0 to 1."""

    def to_wire(self) -> v1.Endpointing:
        """As a message."""
        wire = v1.Endpointing(enabled=self.enabled, threshold=self.threshold)
        for name in ("min_speech", "hangover", "pre_roll", "max_utterance"):
            value = getattr(self, name)
            if value is not None:
                getattr(wire, name).CopyFrom(duration(value))
        return wire


_KINDS: dict[str, tuple[type, str]] = {
    "model": (str, "a text"),
    "interim": (int, "true or false"),
    "hop": (Real, "a number of seconds"),
    "endpointing": (Endpointing, "an Endpointing"),
    "subject": (str, "a text"),
    "labels": (Mapping, "a mapping"),
    "hysteresis": (Real, "a number"),
    "experiment": (str, "a text"),
    "arm": (str, "a text"),
}
"""What a value has to be, for Python and in words."""


class Options(TypedDict, total=False):
    """The keywords of ``recognize`` and ``stream``."""

    model: str
    """``NAME`` or ``NAME@VERSION``; when not given, that of an experiment that takes the stream, else the default."""
    interim: bool
    """Whether updates are sent while an utterance is being spoken."""
    hop: float
    """Seconds of audio between updates."""
    endpointing: Endpointing
    """When an utterance begins and ends."""
    subject: str
    """Your key for the person or device; hashed by the server when it is so configured."""
    labels: Mapping[str, str]
    """Your own labels, recorded with the stream."""
    hysteresis: float
    """How much more probable another label must be, 0 to 1, before ``shown`` changes to it."""
    experiment: str
    """The experiment that chooses the model, by ``subject``. Neither it nor a model: whichever takes the stream."""
    arm: str
    """For testers: the arm of that experiment, whatever the subject would get. The report leaves it out."""


def to_config(options: Options, audio: AudioFormat | None, *, resumable: bool = False) -> v1.RecognitionConfig:
    """The options as a message; ``UsageError`` for unknown ones and values of a wrong type."""
    unknown = sorted(set(options) - set(Options.__annotations__))
    if unknown:
        raise UsageError(f"{', '.join(unknown)}: not known; there are {', '.join(Options.__annotations__)}")
    for name, value in options.items():
        kinds, words = _KINDS[name]
        if not isinstance(value, kinds):
            raise UsageError(f"{name} is {words}, not {value!r}")
    for label in options.get("labels", {}).items():
        if not all(isinstance(text, str) for text in label):
            raise UsageError(f"labels are texts by their names, not {label[0]!r}: {label[1]!r}")
    try:
        return _config(options, audio, resumable)
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise UsageError(f"an option has a value that cannot be: {error}") from error


def _config(options: Options, audio: AudioFormat | None, resumable: bool) -> v1.RecognitionConfig:
    config = v1.RecognitionConfig(
        audio=audio.to_wire() if audio is not None else None,
        model=options.get("model", ""),
        interim_results=options.get("interim", False),
        subject_key=options.get("subject", ""),
        labels=dict(options.get("labels", {})),
        resumable=resumable,
        hysteresis=options.get("hysteresis", 0.0),
        experiment=options.get("experiment", ""),
        arm=options.get("arm", ""),
    )
    if "hop" in options:
        config.interim_hop.CopyFrom(duration(options["hop"]))
    if "endpointing" in options:
        config.endpointing.CopyFrom(options["endpointing"].to_wire())
    return config
