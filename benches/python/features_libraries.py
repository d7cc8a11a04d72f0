"""Log-mel frames by kaldi-native-fbank and by librosa; the other side of `undertone-benches features`.

    features_libraries.py FOLDER

FOLDER holds `recipe.json` (one log-mel block) and `clip.f32` (mono samples, little-endian). The script prints one JSON
object with both versions, then reads lines from standard input, `kaldi_native_fbank` or `librosa`: for each it computes
the clip's log-mel frames and prints the duration and the number of frames as a JSON object. At the end of the input it
leaves.

Both are given what suits them. kaldi-native-fbank hears pieces of a second, as lists, which its binding takes faster than
arrays; no frame is copied out. Its window is padded to 512 samples, as it always is, where the recipe says 1024. librosa
hears the clip at once, in single precision.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import kaldi_native_fbank
import librosa
import numpy


def kaldi_options(recipe, mel):
    options = kaldi_native_fbank.FbankOptions()
    frame = options.frame_opts
    frame.samp_freq = recipe["sample_rate_hz"]
    frame.frame_length_ms = 1000 * recipe["window_samples"] / recipe["sample_rate_hz"]
    frame.frame_shift_ms = 1000 * recipe["hop_samples"] / recipe["sample_rate_hz"]
    frame.window_type = "hann"
    frame.dither, frame.preemph_coeff = 0, 0
    frame.remove_dc_offset, frame.snip_edges = False, False
    options.mel_opts.num_bins = mel["bins"]
    options.mel_opts.low_freq, options.mel_opts.high_freq = mel["f_min_hz"], mel["f_max_hz"]
    return options


class Kaldi:
    def __init__(self, recipe, mel, clip):
        self.rate, self.options = recipe["sample_rate_hz"], kaldi_options(recipe, mel)
        self.pieces = [clip[start : start + self.rate].tolist() for start in range(0, len(clip), self.rate)]

    def frames(self):
        extractor = kaldi_native_fbank.OnlineFbank(self.options)
        for piece in self.pieces:
            extractor.accept_waveform(self.rate, piece)
        extractor.input_finished()
        return extractor.num_frames_ready


class Librosa:
    def __init__(self, recipe, mel, clip):
        self.clip = clip
        self.arguments = {
            "sr": recipe["sample_rate_hz"],
            "n_fft": recipe["fft_size"],
            "win_length": recipe["window_samples"],
            "hop_length": recipe["hop_samples"],
            "n_mels": mel["bins"],
            "fmin": mel["f_min_hz"],
            "fmax": mel["f_max_hz"],
            "htk": True,
            "norm": None,
        }

    def frames(self):
        powers = librosa.feature.melspectrogram(y=self.clip, **self.arguments)
        return numpy.log(powers + numpy.float32(1e-10)).shape[1]


def main():
    folder = Path(sys.argv[1])
    recipe = json.loads((folder / "recipe.json").read_text())
    mel = recipe["blocks"][0]["log_mel"]["mel"]
    clip = numpy.fromfile(folder / "clip.f32", dtype="<f4")
    libraries = {"kaldi_native_fbank": Kaldi(recipe, mel, clip), "librosa": Librosa(recipe, mel, clip)}
    versions = {name: version(name.replace("_", "-")) for name in libraries}
    print(json.dumps(versions), flush=True)
    for line in sys.stdin:
        library = libraries[line.strip()]
        start = time.perf_counter()
        frames = library.frames()
        print(json.dumps({"seconds": time.perf_counter() - start, "frames": frames}), flush=True)


main()
