"""Where a stream's audio comes from."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, Union, cast

from undertone.audio import AudioFormat, Encoding, Recording, array_bytes, is_array, read_streamable
from undertone.errors import AudioError

if TYPE_CHECKING:
    from undertone.audio import Array

Chunk: TypeAlias = Union[bytes, bytearray, memoryview, "Array"]
"""Some bytes in the stream's format, cut anywhere; or some samples, as an array."""
Source: TypeAlias = Recording | Iterable[Chunk] | AsyncIterable[Chunk]
"""A recording, or audio that comes bit by bit: any iterable of chunks, a ``Microphone`` among them. A blocking iterable
is drawn from in a thread of its own."""

_RECORDING_CHUNK_SECONDS = 0.1
_CONTAINER_CHUNK_BYTES = 32 * 1024
_CHUNKS_AHEAD = 8


@dataclass(frozen=True)
class Feed:
    """A stream's format and its bytes."""

    format: AudioFormat
    chunks: AsyncIterator[bytes]


def open_source(source: Source, format: AudioFormat | None, sample_rate: int | None, *, realtime: bool = False) -> Feed:
    """Takes ``source`` as a stream. With ``realtime`` a recording is sent as if it were being spoken."""
    if is_array(source) or isinstance(source, str | bytes | bytearray | memoryview) or hasattr(source, "__fspath__"):
        sound = read_streamable(cast(Recording, source), format, sample_rate)
        if sound.format is None:
            raise AudioError("a stream must know what its bytes are: give format")
        return Feed(sound.format, _cut(sound.data, sound.format, realtime))
    if realtime:
        raise AudioError("realtime is for recordings; what comes bit by bit has a pace of its own")
    format = format or getattr(source, "format", None)
    if format is None and sample_rate is not None:
        format = AudioFormat(Encoding.FLOAT32, sample_rate)
    if format is None:
        raise AudioError("give format=AudioFormat(...), or sample_rate for arrays of floats with one channel")
    if isinstance(source, AsyncIterable):
        return Feed(format, _converted(source, format))
    if isinstance(source, Iterable):
        return Feed(format, _converted(_in_thread(source), format))
    raise AudioError(f"{type(source).__name__} is no source of audio")


async def _cut(data: bytes, format: AudioFormat, realtime: bool) -> AsyncIterator[bytes]:
    if realtime and not format.is_raw:
        raise AudioError("a container has no pace: install undertone[audio], or give samples")
    frame = max(1, format.encoding.sample_bytes * format.channels)
    size = (
        max(1, int(format.sample_rate * _RECORDING_CHUNK_SECONDS)) * frame if format.is_raw else _CONTAINER_CHUNK_BYTES
    )
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for start in range(0, len(data), size):
        chunk = data[start : start + size]
        if realtime:
            spoken = (start + len(chunk)) / format.bytes_per_second
            await asyncio.sleep(max(0.0, begun + spoken - loop.time()))
        yield chunk


async def _converted(chunks: AsyncIterable[Chunk], format: AudioFormat) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if not is_array(chunk):
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise AudioError(f"a chunk is bytes or an array, not {type(chunk).__name__}")
            yield bytes(chunk)
            continue
        encoding, data, channels = array_bytes(cast("Array", chunk))
        if (encoding, channels) != (format.encoding, format.channels):
            raise AudioError(
                f"a chunk holds {encoding.name} samples in {channels} channels, but the stream's format is"
                f" {format.encoding.name} in {format.channels}"
            )
        yield data


async def _in_thread(source: Iterable[Chunk]) -> AsyncIterator[Chunk]:
    """Draws from a blocking iterable in a daemon thread; it waits while ``_CHUNKS_AHEAD`` chunks are not taken."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
    room = threading.Semaphore(_CHUNKS_AHEAD)
    stopped = threading.Event()

    def tell(is_chunk: bool, what: Any) -> None:
        # Fails when the loop is gone, and then nobody listens.
        if not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, (is_chunk, what))

    def draw() -> None:
        try:
            for chunk in source:
                room.acquire()
                if stopped.is_set():
                    return
                tell(True, chunk)
            tell(False, None)
        except Exception as error:
            tell(False, error)

    threading.Thread(target=draw, name="undertone-source", daemon=True).start()
    try:
        while True:
            is_chunk, what = await queue.get()
            if is_chunk:
                room.release()
                yield what
            elif what is None:
                return
            else:
                raise what
    finally:
        stopped.set()
        room.release()
