"""Real servers, real speech, and the answers of the server's own command line.

``cargo xtask test`` sets ``UNDERTONE_STAGE`` (the staged tree), ``UNDERTONE_DATA`` (the corpora), and for the tests of
the package ``UNDERTONE_WHEEL`` and ``UNDERTONE_WHEELS`` (the built wheel, and those that it needs).
"""

import csv
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

REPOSITORY = Path(__file__).resolve().parents[3]
CLIP = REPOSITORY / "examples/demo/undertone-demo.wav"
STAGE = Path(os.environ.get("UNDERTONE_STAGE", REPOSITORY / "target/stage"))
ENVIRONMENT = {**os.environ, "ORT_DISABLE_TELEMETRY": "1", "NO_COLOR": "1"}


class Server:
    """A server process on free ports, over a data folder of its own."""

    def __init__(self, *settings: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.settings = [part for setting in settings for part in ("--set", setting)]
        self.process = None
        self.address = "127.0.0.1:0"
        self.start()

    def start(self) -> None:
        ready = Path(self.folder.name) / "ready.json"
        ready.unlink(missing_ok=True)
        command = [STAGE / "bin/undertone", "serve", "--data-dir", self.folder.name, "--ready-file", ready]
        command += ["--grpc-listen", self.address, "--http-listen", "127.0.0.1:0", "--set", "log.filter=warn"]
        # Tests open every stream and look at every update, however busy the machine is.
        command += ["--set", "engine.admit_below=1.0", "--set", "engine.thin_after=60s", *self.settings]
        self.process = subprocess.Popen(command, env=ENVIRONMENT)

        def is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended before it was ready ({self.process.returncode})")
            return ready.exists()

        until(is_ready, "the server is ready")
        addresses = json.loads(ready.read_text())
        self.address = addresses["grpc"].partition("://")[2]
        self.http = addresses["http"]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait()

    def restart(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stops it and starts it again at the same address, over the same data."""
        self.stop(how)
        self.start()

    def close(self) -> None:
        if self.process.poll() is None:
            self.stop()
        self.folder.cleanup()


def until(condition, what: str) -> None:
    """Waits until ``condition()`` is true, which it must be in the end: fails loudly after a minute."""
    given_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < given_up, f"still waiting until {what}"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def server():
    """A server that all tests share."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def own_server():
    """Makes servers for one test, with settings as ``section.key=value``."""
    servers = []

    def make(*settings: str) -> Server:
        servers.append(Server(*settings))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def corpus(most: int) -> list[Path]:
    """Clips of acted speech, or the shipped clip where there is no corpus."""
    folder = Path(os.environ.get("UNDERTONE_DATA", REPOSITORY / "../shared/data"))
    index = folder / "index.csv"
    if not index.is_file():
        print(f"SKIPPED: no speech corpus at {folder}; the shipped clip stands in for it")
        return [CLIP]
    with index.open() as file:
        rows = [row["path"] for row in csv.DictReader(file) if row["corpus"] == "ravdess"]
    step = max(1, len(rows) // most)
    return [folder / path for path in rows[::step][:most]]


def samples(path: Path) -> tuple[np.ndarray, int]:
    """16-bit samples of a clip, and their rate in Hz."""
    return soundfile.read(path, dtype="int16")


def command_line(files: list[Path], server: Server, *more: str) -> list[dict]:
    """What ``undertone recognize --format json`` says about the files. It tries nothing again, so that is done here."""
    command = [STAGE / "bin/undertone", "recognize", "--format", "json", "--server", f"http://{server.address}", *more]
    told = {}

    def all_are_told():
        left = [file for file in files if str(file) not in told]
        output = subprocess.run([*command, *left], env=ENVIRONMENT, capture_output=True, text=True)
        told.update({answer["file"]: answer for answer in map(json.loads, output.stdout.splitlines())})
        assert output.returncode == 0 or "RESOURCE_EXHAUSTED" in output.stderr, output.stderr
        return output.returncode == 0

    until(all_are_told, "a server that may be busy has answered about every file")
    return [told[str(file)] for file in files]


def assert_same(answer, expected: dict, tolerance: float = 1e-5) -> None:
    """An answer of this package is that of the command line; times to the nanosecond, floats within ``tolerance``."""
    assert (answer.model.name, answer.model.version) == (expected["model"], expected["version"])
    assert answer.duration == pytest.approx(expected["seconds"], abs=1e-9)
    assert len(answer.utterances) == len(expected["utterances"])
    for own, other in zip(answer.utterances, expected["utterances"], strict=True):
        assert_same_utterance(own, other, tolerance)


def assert_same_utterance(own, expected: dict, tolerance: float = 1e-5) -> None:
    """A final result is the command line's; times to the nanosecond, floats within ``tolerance``."""
    assert own.start == pytest.approx(expected["start_s"], abs=1e-9)
    assert own.end == pytest.approx(expected["end_s"], abs=1e-9)
    assert own.probabilities == pytest.approx(expected["probabilities"], abs=tolerance)
    assert (own.top, own.abstained) == (expected["top"], expected["abstained"])
    assert own.confidence == pytest.approx(expected["confidence"], abs=tolerance)
