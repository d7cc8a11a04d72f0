"""The microphone as a source; needs ``pip install undertone[microphone]``."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from undertone.audio import AudioFormat, Encoding
from undertone.errors import AudioError

_CHUNKS = 64


class Microphone:
    """What is spoken into a microphone, as chunks of 16-bit samples. Use it as ``with``, and iterate over it.

    When nobody takes the chunks, 64 of them wait; then the oldest are dropped and counted in ``dropped_chunks``.
    """

    def __init__(
        self,
        sample_rate: int = 16_000,
        *,
        channels: int = 1,
        device: int | str | None = None,
        chunk_seconds: float = 0.1,
    ) -> None:
        """Opens the device at ``sample_rate`` Hz; raises ``AudioError`` when there is none."""
        self.format = AudioFormat(Encoding.LINEAR16, sample_rate, channels)
        """What the chunks are."""
        self.dropped_chunks = 0
        """Chunks that nobody took in time."""
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=_CHUNKS)
        self._is_over = False
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise AudioError("the microphone needs undertone[microphone] and the library PortAudio") from error
        try:
            self._stream = sounddevice.RawInputStream(
                samplerate=sample_rate,
                blocksize=int(sample_rate * chunk_seconds),
                device=device,
                channels=channels,
                dtype="int16",
                callback=self._heard,
                # Also where the device goes away.
                finished_callback=self._end,
            )
        except sounddevice.PortAudioError as error:
            raise AudioError(f"the microphone cannot be opened: {error}") from error

    def __enter__(self) -> Microphone:
        self._stream.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        while (chunk := self._queue.get()) is not None:
            yield chunk

    def close(self) -> None:
        """Stops listening; who iterates gets what was heard, and then the end. So it does when the device goes away."""
        self._stream.stop()
        self._stream.close()
        self._end()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._put(None)

    def _heard(self, data: Any, frames: int, time: Any, status: Any) -> None:
        self._put(bytes(data))

    def _put(self, chunk: bytes | None) -> None:
        while True:
            try:
                self._queue.put_nowait(chunk)
                return
            except queue.Full:
                self._drop()

    def _drop(self) -> None:
        try:
            self._queue.get_nowait()
            self.dropped_chunks += 1
        except queue.Empty:
            # Somebody took one meanwhile.
            pass
