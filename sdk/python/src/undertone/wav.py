"""Where a WAV file keeps its samples."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PCM, FLOAT, ALAW, MULAW = 1, 3, 6, 7
_EXTENSIBLE = 0xFFFE


@dataclass(frozen=True)
class Wav:
    """What the header says; the samples are the bytes from ``start`` to ``end``."""

    code: int
    bits: int
    channels: int
    sample_rate: int
    start: int
    end: int


def parse(data: bytes) -> Wav | None:
    """Reads the header; None where it is not plain, and the server should look itself."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    format: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt ":
            format = _format(data[at : at + size])
        elif name == b"data":
            if format is None:
                return None
            code, channels, sample_rate, bits = format
            frame = max(1, channels * bits // 8)
            # A recorder that was cut off has not written how much there is: then the samples go on to the end.
            length = min(size, len(data) - at) // frame * frame
            return Wav(code, bits, channels, sample_rate, at, at + length)
        at += size + size % 2
    return None


def _format(chunk: bytes) -> tuple[int, int, int, int] | None:
    if len(chunk) < 16:
        return None
    code, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        code = int.from_bytes(chunk[24:26], "little")
    return code, channels, sample_rate, bits
