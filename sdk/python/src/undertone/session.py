"""What a client has to remember of its stream, apart from any input or output."""

from __future__ import annotations

from undertone.audio import Encoding
from undertone.durations import seconds
from undertone.errors import StreamBroken, UndertoneError
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
from undertone.results import read_final, read_interim, read_model, read_participation
from undertone.v1 import recognizer_pb2 as v1

_ACKNOWLEDGED_WITHIN_SECONDS = 2.0


class Drained(UndertoneError):
    """The server shuts down and leaves the rest of the stream to whoever takes it up."""

    def __init__(self) -> None:
        super().__init__("the server shut down before it had heard everything")


class Session:
    """A stream across its calls: what to open it with, and what its replies mean."""

    def __init__(self, config: v1.RecognitionConfig) -> None:
        self._config = config
        self._started: Started | None = None
        self._acknowledged: v1.Acknowledgement | None = None
        self._broken_by: Exception | None = None
        self.over = False
        """Whether the last word was said."""

    @property
    def has_started(self) -> bool:
        """Whether the server has taken the stream."""
        return self._started is not None

    @property
    def can_resume(self) -> bool:
        """Whether the server has said how to take the stream up again."""
        return self._acknowledged is not None

    @property
    def position(self) -> int:
        """Bytes of audio that will not be needed again."""
        return self._acknowledged.audio_bytes if self._acknowledged is not None else 0

    @property
    def limits(self) -> Limits | None:
        """What the server allows, once it has started."""
        return self._started.limits if self._started is not None else None

    @property
    def utterance_bytes(self) -> int:
        """The most audio that may wait until an utterance is acknowledged; 0 where the server acknowledges nothing."""
        if not self.can_resume:
            return 0
        wire, cut = self._config.audio, self._config.endpointing
        # Audio of a kind that is newer than this client is not sent by it.
        known = wire.encoding in (own.value for own in Encoding)
        sample = Encoding(wire.encoding).sample_bytes if known else 0
        longest = sum(map(seconds, (cut.pre_roll, cut.max_utterance, cut.hangover))) + _ACKNOWLEDGED_WITHIN_SECONDS
        return int(longest * wire.sample_rate_hertz) * max(wire.channels, 1) * sample

    def opening(self) -> v1.StreamingRecognizeRequest:
        """The first message of the next call."""
        config = v1.RecognitionConfig()
        config.CopyFrom(self._config)
        if self._acknowledged is not None:
            config.resume_token = self._acknowledged.resume_token
        return v1.StreamingRecognizeRequest(config=config)

    def broke(self, error: Exception) -> None:
        """The call is over and the stream is not. It is to be opened again."""
        self._broken_by = error

    def take(self, reply: v1.StreamingRecognizeResponse) -> Event | None:
        """What a reply tells; None for what is no news to the caller. Raises ``Drained``."""
        kind = reply.WhichOneof("message")
        if kind == "started":
            return self._start(reply.started)
        if kind == "result":
            return self._result(reply.result)
        if kind == "acknowledgement":
            self._acknowledged = reply.acknowledgement
        elif kind == "speech_event":
            offset = seconds(reply.speech_event.offset)
            is_begin = reply.speech_event.kind == v1.SpeechEvent.KIND_BEGIN
            return SpeechBegin(offset) if is_begin else SpeechEnd(offset)
        elif kind == "warning":
            return _warning(reply.warning)
        elif kind == "ended":
            return self._end(reply.ended)
        # A server that is newer than this client may say more; what is not understood is passed over.
        return None

    def _start(self, wire: v1.Started) -> Event:
        again = self._started is not None
        self._acknowledge(wire, wire.acknowledgement)
        self._config = wire.effective_config
        self._started = Started(
            stream_id=wire.stream_id,
            model=read_model(wire.model),
            labels=tuple(wire.labels),
            look_ahead=seconds(wire.look_ahead),
            limits=_limits(wire.limits),
            resumable=self._acknowledged is not None,
            config=wire.effective_config,
            participation=read_participation(wire),
        )
        if not again:
            return self._started
        reason = str(self._broken_by or StreamBroken("the stream broke off"))
        return Resumed(wire.stream_id, seconds(wire.acknowledgement.audio), reason)

    def _result(self, wire: v1.Result) -> Event:
        self._acknowledge(wire, wire.acknowledgement)
        return read_final(wire) if wire.is_final else read_interim(wire)

    def _end(self, wire: v1.Ended) -> Event:
        self._acknowledge(wire, wire.acknowledgement)
        if wire.reason == v1.Ended.REASON_DRAINED and self.can_resume:
            raise Drained
        self.over = True
        known = wire.reason in (own.value for own in EndReason)
        return Ended(
            reason=EndReason(wire.reason) if known else EndReason.UNKNOWN,
            audio_duration=seconds(wire.audio_duration),
            utterances=wire.utterances,
            updates_sent=wire.updates_sent,
            updates_dropped=wire.updates_dropped,
            updates_thinned=wire.updates_thinned,
        )

    def _acknowledge(self, reply: v1.Started | v1.Result | v1.Ended, own: v1.Acknowledgement) -> None:
        if reply.HasField("acknowledgement"):
            self._acknowledged = own


def _limits(wire: v1.StreamLimits) -> Limits:
    return Limits(
        max_message_bytes=wire.max_message_bytes,
        max_audio=seconds(wire.max_audio),
        idle_timeout=seconds(wire.idle_timeout),
        resume_within=seconds(wire.resume_within),
        max_duration=seconds(wire.max_duration),
    )


def _warning(wire: v1.Warning) -> AudioWarning:
    known = wire.kind in (own.value for own in WarningKind)
    kind = WarningKind(wire.kind) if known else WarningKind.UNKNOWN
    return AudioWarning(kind, wire.message, seconds(wire.offset))
