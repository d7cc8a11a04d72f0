"""The client for programs without asyncio: the other one, in a thread of its own."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from undertone.aio import REPLAY_BYTES, AsyncClient
from undertone.analytics import AsyncAnalytics
from undertone.audio import AudioFormat, Recording
from undertone.connection import DEFAULT_ADDRESS, Tls
from undertone.events import Event
from undertone.experiments import AsyncExperiments
from undertone.feedback import AsyncFeedback
from undertone.models import AsyncModels
from undertone.options import Options
from undertone.results import Recognition
from undertone.retry import Retry
from undertone.source import Source
from undertone.stream import AsyncEventStream

if TYPE_CHECKING:
    from typing_extensions import ParamSpec, Unpack

    ArgumentsT = ParamSpec("ArgumentsT")

ValueT = TypeVar("ValueT")


class _Loop:
    """The one event loop that all clients without asyncio share, in a daemon thread."""

    _lock = threading.Lock()
    _shared: asyncio.AbstractEventLoop | None = None

    @classmethod
    def run(cls, work: Coroutine[Any, Any, ValueT]) -> ValueT:
        """Runs ``work`` in the loop and waits for what it gives. An interrupt cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, cls._get())
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    @classmethod
    def _get(cls) -> asyncio.AbstractEventLoop:
        with cls._lock:
            if cls._shared is None:
                cls._shared = asyncio.new_event_loop()
                thread = threading.Thread(target=cls._shared.run_forever, name="undertone", daemon=True)
                thread.start()
            return cls._shared


def _blocking(method: Callable[ArgumentsT, Coroutine[Any, Any, ValueT]]) -> Callable[ArgumentsT, ValueT]:
    """The same method, which waits for what it gives."""

    @functools.wraps(method)
    def call(*arguments: ArgumentsT.args, **named: ArgumentsT.kwargs) -> ValueT:
        return _Loop.run(method(*arguments, **named))

    return call


class SyncModels:
    """``undertone.v1.Models``; see ``AsyncModels``."""

    def __init__(self, models: AsyncModels) -> None:
        self.list = _blocking(models.list)
        self.get = _blocking(models.get)
        self.card = _blocking(models.card)


class SyncFeedback:
    """``undertone.v1.Feedback``; see ``AsyncFeedback``."""

    def __init__(self, feedback: AsyncFeedback) -> None:
        self.give = _blocking(feedback.give)


class SyncExperiments:
    """``undertone.v1.Experiments``; see ``AsyncExperiments``."""

    def __init__(self, experiments: AsyncExperiments) -> None:
        self.list = _blocking(experiments.list)
        self.get = _blocking(experiments.get)
        self.assign = _blocking(experiments.assign)
        self.report = _blocking(experiments.report)
        self.create = _blocking(experiments.create)
        self.start = _blocking(experiments.start)
        self.ramp = _blocking(experiments.ramp)
        self.pause = _blocking(experiments.pause)
        self.stop = _blocking(experiments.stop)
        self.promote = _blocking(experiments.promote)
        self.archive = _blocking(experiments.archive)


class SyncAnalytics:
    """``undertone.v1.Analytics``; see ``AsyncAnalytics``."""

    def __init__(self, analytics: AsyncAnalytics) -> None:
        self.emotions = _blocking(analytics.emotions)
        self.confidence = _blocking(analytics.confidence)
        self.latency = _blocking(analytics.latency)
        self.agreement = _blocking(analytics.agreement)
        self.drift = _blocking(analytics.drift)
        self.training_drift = _blocking(analytics.training_drift)
        self.judgements = _blocking(analytics.judgements)


class EventStream:
    """The events of a stream, in order: ``Started`` first, ``Ended`` last.

    Iterate over it. Use it as ``with`` where the loop may be left early, so that the call ends with it.
    """

    def __init__(self, stream: AsyncEventStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        event = _Loop.run(_next(self._stream))
        if event is None:
            raise StopIteration
        return event

    def __enter__(self) -> EventStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream here; nothing more is told."""
        _Loop.run(self._stream.aclose())

    def flush(self) -> None:
        """Asks for an update about the utterance so far."""
        _Loop.run(_call(self._stream.flush))

    def end_utterance(self) -> None:
        """Ends the utterance behind the audio that was taken from the source so far."""
        _Loop.run(_call(self._stream.end_utterance))


class Client:
    """A client of one server, for any number of threads. Use it as ``with``, or ``close`` it."""

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

        async def open() -> AsyncClient:
            return AsyncClient(
                address,
                tls=tls,
                api_key=api_key,
                timeout=timeout,
                retry=retry,
                metadata=metadata,
                traceparent=traceparent,
            )

        self._client = _Loop.run(open())
        self.models = SyncModels(self._client.models)
        """The server's models."""
        self.feedback = SyncFeedback(self._client.feedback)
        """What was right about answers."""
        self.experiments = SyncExperiments(self._client.experiments)
        """Experiments between models."""
        self.analytics = SyncAnalytics(self._client.analytics)
        """Figures about what was recorded."""

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; streams that are open end."""
        _Loop.run(self._client.close())

    def recognize(
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
        asked = self._client.recognize(recording, sample_rate=sample_rate, format=format, timeout=timeout, **options)
        return _Loop.run(asked)

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
    ) -> EventStream:
        """The events of a stream; nothing is sent before the first one is asked for.

        ``source`` is a recording as in ``recognize``, or an iterable of bytes or arrays. With ``realtime`` a recording
        is sent as if it were being spoken. When the connection breaks or the server goes away, the stream is taken up
        again (``resume``; by default wherever the audio has no header), and at most ``replay_bytes`` of audio wait for
        their acknowledgement. ``timeout`` is for the whole stream, in seconds.
        """
        stream = self._client.stream(
            source,
            sample_rate=sample_rate,
            format=format,
            realtime=realtime,
            resume=resume,
            timeout=timeout,
            replay_bytes=replay_bytes,
            **options,
        )
        return EventStream(stream)


async def _next(stream: AsyncEventStream) -> Event | None:
    try:
        return await stream.__anext__()
    except StopAsyncIteration:
        return None


async def _call(function: Callable[[], None]) -> None:
    function()
