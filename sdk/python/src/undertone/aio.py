"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import grpc
from google.protobuf.message import Message

from undertone.analytics import AsyncAnalytics
from undertone.audio import AudioFormat, Recording, Sound, read_recording
from undertone.connection import DEFAULT_ADDRESS, Connection, Tls, check_timeout
from undertone.errors import StreamBroken, UndertoneError, from_rpc, server_error
from undertone.events import AudioWarning, Ended, EndReason, Started
from undertone.experiments import AsyncExperiments
from undertone.feedback import AsyncFeedback
from undertone.models import AsyncModels
from undertone.options import Options, to_config
from undertone.results import Final, Interim, ModelRef, Participation, Recognition, Utterance, read_recognition
from undertone.retry import Retry
from undertone.session import Session
from undertone.source import Feed, Source, open_source
from undertone.stream import AsyncEventStream, Manner
from undertone.v1 import recognizer_pb2 as v1

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from undertone.stream import Call

_SERVICE = "/undertone.v1.Recognizer"
_ONE_MESSAGE_BYTES = 3 * 1024 * 1024
REPLAY_BYTES = 64 * 1024 * 1024
"""Audio of a stream that may wait for its acknowledgement, where nothing else was asked for."""
ReplyT = TypeVar("ReplyT", bound=Message)


class AsyncClient:
    """A client of one server, for one event loop. Use it as ``async with``, or ``close`` it."""

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        tls: Tls | bool | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        retry: Retry | None = None,
        metadata: Mapping[str, str] | None = None,
        traceparent: Callable[[], str | None] | None = None,
    ) -> None:
        """Connects with the first call; the arguments are the fields of ``Connection``."""
        self._connection = Connection(
            address=address,
            tls=tls,
            api_key=api_key,
            timeout=timeout,
            retry=retry or Retry(),
            metadata=metadata or {},
            traceparent=traceparent,
        )
        self._channel = self._connection.channel()
        self._is_closed = False
        self.models = AsyncModels(self._ask)
        """The server's models."""
        self.feedback = AsyncFeedback(self._ask)
        """What was right about answers."""
        self.experiments = AsyncExperiments(self._ask)
        """Experiments between models."""
        self.analytics = AsyncAnalytics(self._ask)
        """Figures about what was recorded."""

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection; streams that are open end."""
        self._is_closed = True
        await self._channel.close()

    async def recognize(
        self,
        recording: Recording,
        *,
        sample_rate: int | None = None,
        format: AudioFormat | None = None,
        timeout: float | None = None,
        **options: Unpack[Options],
    ) -> Recognition:
        """Everything that is said about a recording.

        Give a path or the contents of a WAV, FLAC or Ogg Opus file; bytes without a header with their ``format``; or
        samples as an array of shape ``[samples]`` or ``[samples, channels]``, int16 or floats in [-1, 1], with their
        ``sample_rate`` in Hz. A recording above 3 MiB is sent as a stream. ``timeout`` is in seconds.
        """
        sound = read_recording(recording, format, sample_rate)
        if len(sound.data) > _ONE_MESSAGE_BYTES:
            return await self._recognize_long(recording, sound, sample_rate, timeout, options)
        config = to_config(options, sound.format)
        request = v1.RecognizeRequest(config=config, audio=sound.data)
        reply = await self._ask(f"{_SERVICE}/Recognize", request, v1.RecognizeResponse, timeout)
        return read_recognition(reply)

    def stream(
        self,
        source: Source,
        *,
        sample_rate: int | None = None,
        format: AudioFormat | None = None,
        realtime: bool = False,
        resume: bool | None = None,
        timeout: float | None = None,
        replay_bytes: int = REPLAY_BYTES,
        **options: Unpack[Options],
    ) -> AsyncEventStream:
        """The events of a stream; nothing is sent before the first one is asked for.

        ``source`` is a recording as in ``recognize``, or an iterable of bytes or arrays. With ``realtime`` a recording
        is sent as if it were being spoken. When the connection breaks or the server goes away, the stream is taken up
        again (``resume``; by default wherever the audio has no header), and at most ``replay_bytes`` of audio wait for
        their acknowledgement. ``timeout`` is for the whole stream, in seconds.
        """
        feed = open_source(source, format, sample_rate, realtime=realtime)
        return self._stream(feed, options, resume=resume, timeout=timeout, replay_bytes=replay_bytes)

    def _stream(
        self, feed: Feed, options: Options, *, resume: bool | None, timeout: float | None, replay_bytes: int
    ) -> AsyncEventStream:
        check_timeout(timeout)
        resumable = feed.format.is_raw if resume is None else resume
        config = to_config(options, feed.format, resumable=resumable)
        manner = Manner(self._dial, self._connection.retry, timeout, replay_bytes)
        return AsyncEventStream(manner, Session(config), feed.chunks)

    def _dial(self, timeout: float | None) -> Call:
        self._check_open()
        method = self._channel.stream_stream(
            f"{_SERVICE}/StreamingRecognize",
            request_serializer=v1.StreamingRecognizeRequest.SerializeToString,
            response_deserializer=v1.StreamingRecognizeResponse.FromString,
        )
        return method(metadata=self._connection.headers(), timeout=timeout)

    def _check_open(self) -> None:
        if self._is_closed:
            raise UndertoneError("this client is closed")

    async def _ask(
        self, path: str, request: Message, reply: type[ReplyT], timeout: float | None = None, *, once: bool = False
    ) -> ReplyT:
        """A unary call, tried again while that may help, unless it is to be made ``once``."""
        retry, loop = self._connection.retry, asyncio.get_running_loop()
        check_timeout(timeout)
        timeout = timeout if timeout is not None else self._connection.timeout
        deadline = loop.time() + timeout if timeout is not None else None
        method = self._channel.unary_unary(
            path,
            request_serializer=type(request).SerializeToString,
            response_deserializer=reply.FromString,
        )
        tries = 0
        while True:
            self._check_open()
            tries += 1
            left = deadline - loop.time() if deadline is not None else None
            try:
                return await method(request, metadata=self._connection.headers(), timeout=left)
            except grpc.aio.AioRpcError as error:
                failure = from_rpc(error)
            if once or not retry.may_pass(failure) or tries >= retry.attempts:
                raise failure
            delay = retry.delay(tries, failure)
            if deadline is not None and loop.time() + delay > deadline:
                raise server_error("DEADLINE_EXCEEDED", f"no time is left for another try: {failure}")
            await asyncio.sleep(delay)

    async def _recognize_long(
        self,
        recording: Recording,
        sound: Sound,
        sample_rate: int | None,
        timeout: float | None,
        options: Options,
    ) -> Recognition:
        source = recording if sound.format is not None or sample_rate is not None else sound.data
        feed = open_source(source, sound.format if sample_rate is None else None, sample_rate)
        stream = self._stream(
            feed,
            options,
            resume=None,
            timeout=timeout if timeout is not None else self._connection.timeout,
            replay_bytes=REPLAY_BYTES,
        )
        return await collect(stream)


async def collect(stream: AsyncEventStream) -> Recognition:
    """Everything that a stream tells, as the answer about a recording. Raises ``StreamBroken`` if it ends early."""
    utterances: list[Utterance] = []
    updates: list[Interim] = []
    warnings: list[str] = []
    stream_id, model, duration = "", ModelRef("", ""), 0.0
    participation: Participation | None = None
    async for event in stream:
        if isinstance(event, Started):
            stream_id, model, participation = event.stream_id, event.model, event.participation
        elif isinstance(event, Interim):
            # An utterance that is heard again after a break repeats its updates.
            updates = [own for own in updates if own.end < event.end or own.utterance != event.utterance]
            updates.append(event)
        elif isinstance(event, Final):
            own = tuple(update for update in updates if update.utterance == event.utterance)
            updates = [update for update in updates if update.utterance != event.utterance]
            utterances.append(Utterance(**vars(event), updates=own))
        elif isinstance(event, AudioWarning):
            warnings.append(event.message)
        elif isinstance(event, Ended):
            if event.reason is not EndReason.FINISHED:
                raise StreamBroken("the server ended the stream before it had heard everything")
            duration = event.audio_duration
    return Recognition(stream_id, model, tuple(utterances), duration, tuple(warnings), participation)
