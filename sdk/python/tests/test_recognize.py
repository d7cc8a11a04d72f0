"""Recordings in one message, and those that are too long for one."""

import asyncio

import numpy as np
import pytest
from conftest import CLIP, assert_same, command_line, corpus, samples

import undertone
from undertone import AsyncClient, AudioFormat, Client, Encoding


@pytest.fixture(scope="module")
def expected(server):
    """What the command line says about the shipped clip."""
    return command_line([CLIP], server)[0]


@pytest.fixture
def client(server):
    with Client(server.address) as client:
        yield client


def test_a_path_and_bytes_and_samples_give_what_the_command_line_gives(client, expected):
    audio, rate = samples(CLIP)
    raw = AudioFormat(Encoding.LINEAR16, rate)
    assert_same(client.recognize(CLIP), expected)
    assert_same(client.recognize(str(CLIP)), expected)
    assert_same(client.recognize(CLIP.read_bytes()), expected)
    assert_same(client.recognize(audio, sample_rate=rate), expected)
    assert_same(client.recognize(audio.astype(np.float64) / 32768, sample_rate=rate), expected)
    assert_same(client.recognize(np.stack([audio, audio], axis=1), sample_rate=rate), expected)
    assert_same(client.recognize(audio.tobytes(), format=raw), expected)


def test_real_clips_give_what_the_command_line_gives(client, server):
    files = corpus(12)
    for file, expected in zip(files, command_line(files, server, "--model", "lstm"), strict=True):
        assert_same(client.recognize(file, model="lstm"), expected)


def test_a_recording_above_one_message_is_the_same_as_its_stream(client):
    audio, rate = samples(CLIP)
    long = np.tile(audio, 12)
    assert long.nbytes > 3 * 1024 * 1024
    whole = client.recognize(long, sample_rate=rate)
    parts = client.recognize(long[: 6 * len(audio)], sample_rate=rate)
    assert whole.duration == pytest.approx(12 * len(audio) / rate)
    assert [own.top for own in whole.utterances[:20]] == [own.top for own in parts.utterances[:20]]
    assert len(whole.utterances) == 2 * len(parts.utterances)


def test_updates_make_a_timeline(client):
    answer = client.recognize(CLIP, interim=True, hop=0.25)
    times, probabilities, labels = answer.timeline()
    assert times.shape == (len(times),)
    assert probabilities.shape == (len(times), len(labels))
    assert len(times) > 2 * len(answer.utterances)
    assert (np.diff(times) >= 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert labels == list(answer.utterances[0].probabilities)


def test_silence_has_an_empty_timeline(client):
    answer = client.recognize(np.zeros(16_000, dtype=np.float32), sample_rate=16_000)
    times, probabilities, labels = answer.timeline()
    assert (answer.utterances, times.shape, probabilities.shape, labels) == ((), (0,), (0, 0), [])


def test_every_wrong_field_is_named(client):
    with pytest.raises(undertone.InvalidArgument) as caught:
        client.recognize(CLIP, hysteresis=2.0, interim=True, hop=0.001)
    assert {wrong.field for wrong in caught.value.violations} == {"config.hysteresis", "config.interim_hop"}
    with pytest.raises(undertone.InvalidArgument, match="neither WAV, FLAC nor Ogg Opus"):
        client.recognize(b"this is no recording")


def test_an_unknown_model_is_named(client):
    with pytest.raises(undertone.NotFound) as caught:
        client.recognize(CLIP, model="oracle")
    assert caught.value.resource == "oracle"
    assert caught.value.code == "NOT_FOUND"


def test_what_cannot_be_sent_is_refused_before_anything_is_sent(client):
    with pytest.raises(undertone.AudioError, match=r"nowhere\.wav"):
        client.recognize("nowhere.wav")
    with pytest.raises(undertone.AudioError, match="sample_rate"):
        client.recognize(np.zeros(100, dtype=np.float32))
    with pytest.raises(undertone.AudioError, match=r"\[1, 2, 3\]"):
        client.recognize(np.zeros((1, 2, 3), dtype=np.float32), sample_rate=16_000)
    with pytest.raises(undertone.AudioError, match="int32"):
        client.recognize(np.zeros(100, dtype=np.int32), sample_rate=16_000)
    with pytest.raises(TypeError, match="modle"):
        client.recognize(CLIP, modle="cnn")


def test_a_closed_client_says_so(server):
    client = Client(server.address)
    client.close()
    with pytest.raises(undertone.UndertoneError, match="closed"):
        client.recognize(CLIP)
    with pytest.raises(undertone.UndertoneError, match="closed"):
        next(client.stream(CLIP))


def test_models_are_listed(client):
    known = client.models.list()
    names = {model.reference.name for model in known.models}
    assert {"cnn", "lstm"} <= names
    default = known.default()
    assert default is not None
    assert default == client.models.get(str(default.reference))
    assert len(default.labels) == 8
    assert default.reference.version in client.models.card("cnn")


def test_asyncio_gives_the_same(server, expected):
    async def ask():
        async with AsyncClient(server.address) as client:
            answers = await asyncio.gather(*(client.recognize(CLIP) for _ in range(4)))
            return answers, await client.models.list()

    answers, known = asyncio.run(ask())
    for answer in answers:
        assert_same(answer, expected)
    assert known.default() is not None
