"""The microphone, over a sound card that plays real speech."""

import sys
import threading
import types

import pytest
from conftest import CLIP, command_line, samples

import undertone
from undertone import Client, Microphone


class Card:
    """Stands in for PortAudio, which needs hardware: hands a clip to the callback, and then nothing more."""

    played = threading.Event()

    def __init__(self, *, samplerate, blocksize, channels, dtype, device, callback, finished_callback):
        audio, rate = samples(CLIP)
        assert (samplerate, channels, dtype, device) == (rate, 1, "int16", None)
        self.blocks = [audio[start : start + blocksize].tobytes() for start in range(0, len(audio), blocksize)]
        self.callback, self.finished = callback, finished_callback

    def start(self):
        threading.Thread(target=self.play).start()

    def play(self):
        for block in self.blocks:
            self.callback(memoryview(block), len(block) // 2, None, None)
        self.played.set()

    def stop(self):
        self.finished()

    def go_away(self):
        """What PortAudio tells of a device that is pulled out."""
        self.finished()

    def close(self):
        pass


@pytest.fixture
def card(monkeypatch):
    module = types.ModuleType("sounddevice")
    module.RawInputStream, module.PortAudioError = Card, OSError
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    Card.played.clear()


def test_what_a_microphone_hears_is_recognised_as_its_recording(card, server, monkeypatch):
    monkeypatch.setattr(undertone.microphone, "_CHUNKS", 1000)
    with Client(server.address) as client, Microphone() as microphone:
        Card.played.wait()
        microphone.close()
        events = list(client.stream(microphone))
    found = [event.top for event in events if isinstance(event, undertone.Final)]
    assert found == [own["top"] for own in command_line([CLIP], server)[0]["utterances"]]
    assert microphone.dropped_chunks == 0


def test_a_microphone_that_nobody_reads_drops_the_oldest_and_counts(card):
    with Microphone(chunk_seconds=0.01) as microphone:
        Card.played.wait()
    heard = list(microphone)
    total = len(samples(CLIP)[0])
    assert len(heard) == 63, "the last of 64 places holds the end"
    assert microphone.dropped_chunks + len(heard) == -(-total // 160)


def test_a_device_that_goes_away_ends_what_listens_to_it(card, monkeypatch):
    monkeypatch.setattr(undertone.microphone, "_CHUNKS", 1000)
    with Microphone() as microphone:
        Card.played.wait()
        microphone._stream.go_away()
        assert len(b"".join(microphone)) == 2 * len(samples(CLIP)[0])


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(undertone.AudioError, match=r"undertone\[microphone\]"):
        Microphone()
