#!/usr/bin/env python3
"""Writes golden.json: what librosa computes for the signals of tests/golden/signal.rs.

Run it with any Python 3.10 or newer. Where librosa is missing it makes itself a virtual environment under
the repository's target folder. The signals are synthesised, in double precision, and rounded to single
precision before librosa (in double precision) sees them.
"""

import json
import math
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parents[2] / "target" / "golden-venv"
REQUIREMENTS = ["librosa==0.11.0", "numpy==2.4.6", "scipy==1.17.1"]

RATE, WINDOW, HOP, FFT = 16_000, 400, 160, 1024
SPECTRAL_SAMPLES, PROSODY_SAMPLES = 4_000, 8_000
F0_SPAN, F0_MIN, F0_MAX, F0_THRESHOLD = 800, 60.0, 500.0, 0.15


def run_in_own_environment():
    """Replaces this process by one whose Python has librosa."""
    python = ENVIRONMENT / "bin" / "python"
    if Path(sys.prefix) == ENVIRONMENT:
        sys.exit("librosa cannot be imported although it was installed into " + str(ENVIRONMENT))
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
    os.execv(python, [str(python), __file__])


try:
    import librosa
    import numpy as np
except ImportError:
    run_in_own_environment()


class Noise:
    """Knuth's MMIX linear congruential generator, its top 24 bits scaled to [-1, 1)."""

    def __init__(self):
        self.state = 1

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 40) / 2**23 - 1.0


def glide(samples):
    """Five harmonics of a pitch that rises from 110 Hz by 140 Hz per second, over faint noise."""
    noise, phase, out = Noise(), 0.0, []
    for n in range(samples):
        phase += 2.0 * math.pi * (110.0 + 140.0 * n / RATE) / RATE
        harmonics = sum(math.sin(k * phase) / k for k in range(1, 6))
        out.append(0.3 * harmonics + 0.001 * noise.next())
    return out


def noise(samples):
    """White noise."""
    generator = Noise()
    return [0.1 * generator.next() for _ in range(samples)]


def pulses(samples):
    """A pulse every 145 samples through resonances at 600 and 1400 Hz, over faint noise: a vowel."""
    generator = Noise()
    first, second = Resonance(600.0, 80.0), Resonance(1_400.0, 120.0)
    out = []
    for n in range(samples):
        pulse = 1.0 if n % 145 == 0 else 0.0
        out.append(0.02 * second.filter(first.filter(pulse)) + 0.0005 * generator.next())
    return out


class Resonance:
    """Two poles: y[n] = x[n] + 2 r cos(theta) y[n-1] - r^2 y[n-2]."""

    def __init__(self, hz, bandwidth_hz):
        radius = math.exp(-math.pi * bandwidth_hz / RATE)
        self.a = 2.0 * radius * math.cos(2.0 * math.pi * hz / RATE)
        self.b = radius * radius
        self.last, self.before = 0.0, 0.0

    def filter(self, x):
        y = x + self.a * self.last - self.b * self.before
        self.last, self.before = y, self.last
        return y


def mel_power(y, **mel):
    # librosa centres a short window in the FFT frame; the padding puts frame i at sample i * HOP.
    side = (FFT - WINDOW) // 2
    spectrum = librosa.stft(
        np.pad(y, side), n_fft=FFT, hop_length=HOP, win_length=WINDOW, window="hann", center=False
    )
    filters = librosa.filters.mel(sr=RATE, n_fft=FFT, dtype=np.float64, **mel)
    return filters @ np.abs(spectrum) ** 2


def spectral(y):
    slaney = {"fmin": 0.0, "fmax": 8_000.0, "htk": False, "norm": "slaney"}
    htk = mel_power(y, n_mels=64, fmin=50.0, fmax=7_600.0, htk=True, norm=None)
    decibels = librosa.power_to_db(mel_power(y, n_mels=80, **slaney), top_db=None)
    bands = librosa.power_to_db(mel_power(y, n_mels=40, **slaney), top_db=None)
    mfcc = librosa.feature.mfcc(S=bands, n_mfcc=13)
    deltas = [librosa.feature.delta(mfcc, width=9, order=order) for order in (1, 2)]
    return {
        "logmel64": np.log(htk + 1e-10),
        "logmel80-slaney": decibels,
        "mfcc13": mfcc,
        "mfcc13-deltas": np.vstack([mfcc, *deltas]),
    }


def prosody(y):
    framing = {"frame_length": WINDOW, "hop_length": HOP, "center": False}
    f0 = librosa.yin(
        np.pad(y, (F0_SPAN - WINDOW, 0)),
        sr=RATE, fmin=F0_MIN, fmax=F0_MAX, frame_length=F0_SPAN, hop_length=HOP,
        trough_threshold=F0_THRESHOLD, center=False,
    )
    rms = librosa.feature.rms(y=y, **framing)
    zcr = librosa.feature.zero_crossing_rate(y, **framing)
    return np.vstack([rms, zcr, f0[np.newaxis]])


def rounded_rows(columns):
    return [[round(float(value), 5) for value in row] for row in columns.T]


def golden(signal):
    y = np.array(signal(PROSODY_SAMPLES), dtype=np.float32).astype(np.float64)
    recipes = {name: rounded_rows(values) for name, values in spectral(y[:SPECTRAL_SAMPLES]).items()}
    # The cepstra stand once: those with deltas begin with them.
    del recipes["mfcc13"]
    recipes["prosody"] = rounded_rows(prosody(y))
    return recipes


def main():
    signals = {signal.__name__: golden(signal) for signal in (glide, noise, pulses)}
    text = json.dumps(signals, separators=(",", ":")).replace("],[", "],\n[")
    (HERE / "golden.json").write_text(text + "\n")
    print(f"golden.json: {len(text)} bytes")


if __name__ == "__main__":
    main()
