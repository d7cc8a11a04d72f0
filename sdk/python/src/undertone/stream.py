"""A stream of audio and its events, over as many calls as it takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

import grpc

from undertone.errors import ServerError, StreamBroken, from_rpc, server_error
from undertone.events import Event, Resumed, Started
from undertone.replay import Mark, Piece, Replay
from undertone.retry import Retry
from undertone.session import Drained, Session
from undertone.v1 import recognizer_pb2 as v1

if TYPE_CHECKING:
    from google.protobuf.message import Message

    Call: TypeAlias = grpc.aio.StreamStreamCall[Message, v1.StreamingRecognizeResponse]

_KEEPALIVES_PER_TIMEOUT = 3
_FIRST_IDLE_SECONDS = 5.0


@dataclass(frozen=True)
class Manner:
    """How a stream is carried."""

    dial: Callable[[float | None], Call]
    """Opens a call that may last so many seconds."""
    retry: Retry
    timeout: float | None
    """Seconds for the whole stream."""
    replay_bytes: int
    """Audio that may wait for its acknowledgement."""


class AsyncEventStream:
    """The events of a stream, in order: ``Started`` first, ``Ended`` last.

    Iterate over it with ``async for``. Use it as ``async with`` where the loop may be left early, so that the call ends
    with it.
    """

    def __init__(self, manner: Manner, session: Session, chunks: AsyncIterator[bytes]) -> None:
        self._manner = manner
        self._session = session
        self._chunks = chunks
        self._replay = Replay(manner.replay_bytes)
        self._source_error: Exception | None = None
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._sequence = 0
        self._events = self._run()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        return await self._events.__anext__()

    async def __aenter__(self) -> AsyncEventStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the stream here; nothing more is told."""
        await self._events.aclose()

    def flush(self) -> None:
        """Asks for an update about the utterance so far."""
        self._say(v1.Control(flush=v1.Flush()))

    def end_utterance(self) -> None:
        """Ends the utterance behind the audio that was taken from the source so far."""
        self._say(v1.Control(end_utterance=v1.EndUtterance()))

    def _say(self, control: v1.Control) -> None:
        self._replay.mark(control)
        self._changed.set()

    async def _run(self) -> AsyncGenerator[Event, None]:
        loop = asyncio.get_running_loop()
        timeout = self._manner.timeout
        deadline = loop.time() + timeout if timeout is not None else None
        pump = asyncio.create_task(self._pump())
        patience = _Patience(self._manner.retry)
        try:
            while not self._session.over:
                left = deadline - loop.time() if deadline is not None else None
                try:
                    async with contextlib.aclosing(self._call(left, patience)) as events:
                        async for event in events:
                            yield event
                except (ServerError, Drained, StreamBroken) as error:
                    if not self._session.over:
                        await self._before_next_call(error, patience, deadline)
        finally:
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump

    async def _before_next_call(
        self, error: ServerError | Drained | StreamBroken, patience: _Patience, deadline: float | None
    ) -> None:
        """Waits for as long as it is sensible to, or raises."""
        delay = patience.delay(error, self._session)
        if delay is None:
            if isinstance(error, ServerError) and not (self._session.has_started and _may_be_resumed(error)):
                raise error
            raise StreamBroken(f"{error}; the stream cannot be taken up again") from error
        if deadline is not None and asyncio.get_running_loop().time() + delay > deadline:
            raise server_error("DEADLINE_EXCEEDED", f"there is no time left for another try: {error}") from error
        await asyncio.sleep(delay)
        self._session.broke(error)
        self._replay.forget(self._session.position)
        self._replay.forget_flushes()

    async def _call(self, timeout: float | None, patience: _Patience) -> AsyncGenerator[Event, None]:
        call = self._manner.dial(timeout)
        writer = asyncio.create_task(self._write(call))
        try:
            async for reply in call:
                event = self._session.take(reply)
                # An acknowledgement is no event, and tells that the server is there all the same.
                patience.progress(self._session.position)
                self._replay.forget(self._session.position)
                self._room.set()
                if isinstance(event, Started | Resumed):
                    self._replay.hold_at_least(self._session.utterance_bytes)
                    # The writer learns how long it may be silent.
                    self._changed.set()
                if event is not None:
                    yield event
            if not self._session.over:
                raise StreamBroken("the stream ended without a last word")
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from error
        except asyncio.CancelledError:
            if self._source_error is not None:
                raise self._source_error from None
            if _is_cancelled():
                raise
            raise server_error("CANCELLED", "the call was cancelled on its way") from None
        finally:
            writer.cancel()
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer

    async def _write(self, call: Call) -> None:
        """Sends what is held, then what comes. That a call is over, its reader learns."""
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            if not await _send(call, self._session.opening()):
                return
            number, self._sequence = self._replay.first, 0
            while True:
                self._sent(number)
                item = self._replay.item(number)
                if item is not None:
                    if not await _send(call, self._message(item)):
                        return
                    number += 1
                elif self._source_error is not None:
                    call.cancel()
                    return
                elif self._replay.finished:
                    await call.done_writing()
                    return
                elif not await self._change():
                    await _send(call, _control(v1.Control(keepalive=v1.Keepalive())))

    def _message(self, item: Piece | Mark) -> v1.StreamingRecognizeRequest:
        if isinstance(item, Mark):
            return _control(item.control)
        self._sequence += 1
        return v1.StreamingRecognizeRequest(audio=v1.Audio(data=item.data, sequence=self._sequence))

    def _sent(self, number: int) -> None:
        # A stream that will not be taken up again needs nothing a second time. Before it has started, nobody knows.
        if self._session.has_started and not self._session.can_resume:
            self._replay.forget_items(number)
            self._room.set()

    async def _change(self) -> bool:
        """Waits for news from the source; false when the server should hear that the client is still there."""
        limits = self._session.limits
        idle = limits.idle_timeout / _KEEPALIVES_PER_TIMEOUT if limits is not None else _FIRST_IDLE_SECONDS
        loop = asyncio.get_running_loop()
        self._changed.clear()
        # Not `wait_for`: before Python 3.12 it may pass over the cancellation that ends this task.
        timer = loop.call_later(max(idle, 0.05), self._changed.set)
        due = timer.when()
        try:
            await self._changed.wait()
        finally:
            timer.cancel()
        return loop.time() < due

    async def _pump(self) -> None:
        """Brings the source's audio, as long as there is room."""
        try:
            async for chunk in self._chunks:
                while not self._replay.has_room:
                    self._room.clear()
                    await self._room.wait()
                self._replay.add(chunk)
                self._changed.set()
            self._replay.finished = True
        except Exception as error:
            self._source_error = error
        finally:
            self._changed.set()
            close = getattr(self._chunks, "aclose", None)
            if close is not None:
                await close()


class _Patience:
    """How long a stream goes on trying."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._position = 0
        self._tries = 0
        self._since = asyncio.get_running_loop().time()

    def progress(self, position: int) -> None:
        """Something was told; patience is new once more was acknowledged."""
        if self._tries == 0 or position > self._position:
            self._tries = 0
            self._since = asyncio.get_running_loop().time()
        self._position = position

    def delay(self, error: Exception, session: Session) -> float | None:
        """Seconds before the next call; None when there is no point in one."""
        self._tries += 1
        delay = self._retry.delay(self._tries, error)
        if not session.has_started:
            return delay if self._retry.may_pass(error) and self._tries < self._retry.attempts else None
        if not session.can_resume or not _may_be_resumed(error):
            return None
        within = session.limits.resume_within if session.limits is not None else 0.0
        elapsed = asyncio.get_running_loop().time() - self._since
        return delay if elapsed + delay <= within else None


async def _send(call: Call, message: v1.StreamingRecognizeRequest) -> bool:
    """Sends a message; false when the call is over.

    ``call.write`` would set the call's status to INTERNAL when it fails because the call is over, in front of the
    status that the server sent, which nobody would see then. What it does otherwise is done here.
    """
    raw, opened = getattr(call, "_cython_call", None), getattr(call, "_metadata_sent", None)
    if raw is None or opened is None:
        await call.write(message)
        return True
    await opened.wait()
    try:
        await raw.send_serialized_message(message.SerializeToString())
    except Exception:
        return False
    return not call.done()


def _may_be_resumed(error: Exception) -> bool:
    """Whether the stream goes on elsewhere or later. What the server itself objects to stays wrong."""
    if not isinstance(error, ServerError):
        return True
    of_the_transport = any(word in error.message for word in ("RST_STREAM", "Stream removed"))
    return error.code in ("UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED") or of_the_transport


def _is_cancelled() -> bool:
    """Whether the task itself is being cancelled, and not the call alone; before Python 3.11 nobody can tell."""
    task = asyncio.current_task()
    cancelling = getattr(task, "cancelling", None)
    return cancelling is None or bool(cancelling())


def _control(control: v1.Control) -> v1.StreamingRecognizeRequest:
    return v1.StreamingRecognizeRequest(control=control)
