"""Recordings for the clients."""

import wave

import numpy as np


def samples(path):
    """The samples of a mono WAV file with 16 bits, full scale 1, and their rate in Hz."""
    with wave.open(path) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        values = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return (values / 32768).astype(np.float32), file.getframerate()
