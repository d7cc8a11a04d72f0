#!/usr/bin/env python3
"""Makes undertone-demo.wav: four sentences spoken in four manners, 16 kHz, mono, 16 bit.

Needs `espeak-ng` (Debian: `apt-get install espeak-ng`) and nothing beside Python's own library. The result is the
same on every run with the same version of espeak-ng; the committed clip was made with 1.51.
"""

import array
import pathlib
import random
import subprocess
import sys
import wave

OUTPUT = pathlib.Path(__file__).with_name("undertone-demo.wav")
OUTPUT_RATE = 16_000
PAUSE_SECONDS = 0.6
PEAK = 0.9
# A recording is never digitally silent; this is the deviation of its noise in 16-bit steps.
NOISE = 6.0

# (sentence, pitch 0-99, pitch range 0-100 %, words per minute, loudness relative to the loudest)
MANNERS = [
    ("The parcel is here.", 45, 15, 165, 0.5),
    ("You came back, wonderful!", 78, 100, 185, 0.85),
    ("Leave my candle alone!", 58, 85, 205, 1.0),
    ("Nobody is here.", 25, 10, 120, 0.3),
]


def speak(sentence, pitch, pitch_range, words_per_minute):
    """Returns the sentence as 16-bit samples and their rate."""
    ssml = f'<speak><prosody range="{pitch_range}%">{sentence}</prosody></speak>'
    command = ["espeak-ng", "-v", "en-us", "-m", "-z", "--stdout", "-p", str(pitch), "-s", str(words_per_minute), ssml]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    # The header in front of piped output does not know its length: everything after the data tag is samples.
    start = spoken.index(b"data") + 8
    rate = int.from_bytes(spoken[24:28], "little")
    samples = array.array("h", spoken[start : start + (len(spoken) - start) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples, rate


def resample(samples, rate):
    """Lowers the rate by averaging over the span that each output sample covers, which also damps what would alias."""
    ratio = rate / OUTPUT_RATE
    result = []
    for index in range(int(len(samples) / ratio)):
        begin, end = index * ratio, (index + 1) * ratio
        first, last = int(begin), min(int(end), len(samples) - 1)
        total = sum(samples[first : last + 1])
        total -= samples[first] * (begin - first) + samples[last] * (last + 1 - end)
        result.append(total / ratio)
    return result


def scaled(samples, loudness):
    """Brings the loudest sample to the wanted share of full scale."""
    peak = max(abs(sample) for sample in samples)
    factor = PEAK * loudness * 32767 / peak
    return [round(sample * factor) for sample in samples]


def clip():
    """Returns all sentences with a pause before, between and after them."""
    pause = [0] * int(PAUSE_SECONDS * OUTPUT_RATE)
    samples = list(pause)
    for sentence, pitch, pitch_range, words_per_minute, loudness in MANNERS:
        spoken, rate = speak(sentence, pitch, pitch_range, words_per_minute)
        samples += scaled(resample(spoken, rate), loudness) + pause
    noise = random.Random(1)
    return array.array("h", (round(sample + noise.gauss(0.0, NOISE)) for sample in samples))


def main():
    samples = clip()
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(OUTPUT), "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(OUTPUT_RATE)
        output.writeframes(samples.tobytes())
    print(f"{OUTPUT.name}: {len(samples) / OUTPUT_RATE:.1f} s")


if __name__ == "__main__":
    main()
