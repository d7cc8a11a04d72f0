"""Recordings, and how their bytes are to be understood."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import Enum
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from undertone import wav
from undertone.errors import AudioError
from undertone.v1 import recognizer_pb2 as v1

if TYPE_CHECKING:
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[Any]

Recording: TypeAlias = Union[str, "PathLike[str]", bytes, bytearray, memoryview, "Array"]
"""A file's path, its contents, or samples as a numpy array (int16, or floats in [-1, 1]) of shape ``[samples]`` or
``[samples, channels]``."""


_TOO_LARGE = 2**32
"""The wire has 32 bits for a rate and for channels."""


class Encoding(Enum):
    """How bytes are to be understood; those behind OGG_OPUS tell rate and channels themselves."""

    LINEAR16 = v1.AUDIO_ENCODING_LINEAR16
    FLOAT32 = v1.AUDIO_ENCODING_FLOAT32
    MULAW = v1.AUDIO_ENCODING_MULAW
    ALAW = v1.AUDIO_ENCODING_ALAW
    FLAC = v1.AUDIO_ENCODING_FLAC
    OGG_OPUS = v1.AUDIO_ENCODING_OGG_OPUS
    WAV = v1.AUDIO_ENCODING_WAV

    @property
    def sample_bytes(self) -> int:
        """Bytes of a sample; 0 for a container."""
        return _SAMPLE_BYTES.get(self, 0)


_SAMPLE_BYTES = {Encoding.LINEAR16: 2, Encoding.FLOAT32: 4, Encoding.MULAW: 1, Encoding.ALAW: 1}
_WAV_ENCODINGS = {
    (wav.PCM, 16): Encoding.LINEAR16,
    (wav.FLOAT, 32): Encoding.FLOAT32,
    (wav.MULAW, 8): Encoding.MULAW,
    (wav.ALAW, 8): Encoding.ALAW,
}


@dataclass(frozen=True)
class AudioFormat:
    """Encoding, rate and channels; without a rate for containers."""

    encoding: Encoding
    sample_rate: int = 0
    """Hz, 8000 to 48000."""
    channels: int = 1
    """Interleaved; mixed down to one."""

    def __post_init__(self) -> None:
        """Raises ``AudioError`` for what no audio can be; the server says what it takes."""
        if not isinstance(self.encoding, Encoding):
            raise AudioError(f"encoding is one of undertone.Encoding, not {self.encoding!r}")
        for name, least in (("sample_rate", int(self.is_raw)), ("channels", 1)):
            value = getattr(self, name)
            if not isinstance(value, Integral) or not least <= int(value) < _TOO_LARGE:
                raise AudioError(f"{name} is a number from {least}, not {value!r}")

    @property
    def is_raw(self) -> bool:
        """Whether the bytes have no header, so that a stream of them can be taken up in its middle."""
        return self.encoding.sample_bytes > 0

    @property
    def bytes_per_second(self) -> int:
        """Of raw audio; 0 for a container."""
        return self.encoding.sample_bytes * self.channels * self.sample_rate

    def to_wire(self) -> v1.AudioFormat:
        """As a message."""
        encoding = v1.AudioEncoding.ValueType(self.encoding.value)
        channels = self.channels if self.is_raw else 0
        return v1.AudioFormat(encoding=encoding, sample_rate_hertz=self.sample_rate, channels=channels)


@dataclass(frozen=True)
class Sound:
    """Bytes and what they are; without a format where the server is to tell from the first bytes."""

    data: bytes
    format: AudioFormat | None


def is_array(source: object) -> bool:
    """Whether it is an array, without importing numpy."""
    return hasattr(source, "__array_interface__")


def read_recording(source: Recording, format: AudioFormat | None, sample_rate: int | None) -> Sound:
    """The recording as it would be sent whole."""
    if is_array(source):
        return _read_array(source, sample_rate)
    if sample_rate is not None:
        raise AudioError("sample_rate is for arrays; give format=AudioFormat(...) for bytes without a header")
    if isinstance(source, str | PathLike):
        try:
            return Sound(Path(source).read_bytes(), format)
        except (OSError, ValueError) as error:
            raise AudioError(f"{source}: {getattr(error, 'strerror', None) or error}") from error
    if isinstance(source, bytes | bytearray | memoryview):
        return Sound(bytes(source), format)
    raise AudioError(f"a recording is a path, bytes or an array, not {type(source).__name__}")


def read_streamable(source: Recording, format: AudioFormat | None, sample_rate: int | None) -> Sound:
    """The recording as bytes without a header where that loses nothing, so that its stream can be taken up again."""
    sound = read_recording(source, format, sample_rate)
    if sound.format is not None:
        return sound
    found = wav.parse(sound.data)
    if found is not None:
        encoding = _WAV_ENCODINGS.get((found.code, found.bits))
        if encoding is not None:
            data = sound.data[found.start : found.end]
            return Sound(data, AudioFormat(encoding, found.sample_rate, found.channels))
    return _decoded(sound.data) or Sound(sound.data, AudioFormat(_container(sound.data)))


def array_bytes(array: Array) -> tuple[Encoding, bytes, int]:
    """Encoding, bytes and channels of samples."""
    import numpy as np

    if array.ndim not in (1, 2):
        raise AudioError(f"samples have the shape [samples] or [samples, channels], not {list(array.shape)}")
    channels = 1 if array.ndim == 1 else int(array.shape[1])
    if array.dtype == np.int16:
        return Encoding.LINEAR16, np.ascontiguousarray(array, dtype="<i2").tobytes(), channels
    if np.issubdtype(array.dtype, np.floating):
        return Encoding.FLOAT32, np.ascontiguousarray(array, dtype="<f4").tobytes(), channels
    raise AudioError(f"samples are int16, or floats in [-1, 1], not {array.dtype}")


def _read_array(array: Any, sample_rate: int | None) -> Sound:
    if sample_rate is None:
        raise AudioError("an array does not tell its rate: give sample_rate, in Hz")
    encoding, data, channels = array_bytes(array)
    return Sound(data, AudioFormat(encoding, sample_rate, channels))


def _container(data: bytes) -> Encoding:
    for encoding, mark in ((Encoding.FLAC, b"fLaC"), (Encoding.OGG_OPUS, b"OggS"), (Encoding.WAV, b"RIFF")):
        if data.startswith(mark):
            return encoding
    raise AudioError("the bytes are neither WAV, FLAC nor Ogg Opus; say what they are with format=")


def _decoded(data: bytes) -> Sound | None:
    """A container's samples, where the extra ``undertone[audio]`` is there and knows the container."""
    try:
        import soundfile
    except ImportError:
        return None
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            exact = file.subtype in ("PCM_16", "PCM_S8", "PCM_U8")
            samples = file.read(dtype="int16" if exact else "float32")
            return _read_array(samples, file.samplerate)
    except soundfile.LibsndfileError:
        return None
