"""Streams: events in order, any cut, what a caller can say on the way."""

import asyncio
import threading

import numpy as np
import pytest
from conftest import CLIP, assert_same, command_line, samples, until

import undertone
from undertone import (
    AsyncClient,
    AudioFormat,
    Client,
    Encoding,
    Ended,
    EndReason,
    Final,
    Interim,
    SpeechBegin,
    SpeechEnd,
    Started,
    Trigger,
)


@pytest.fixture
def client(server):
    with Client(server.address) as client:
        yield client


def finals(events):
    return [event for event in events if isinstance(event, Final)]


def test_events_come_in_order_and_finals_are_those_of_the_recording(client, server):
    events = list(client.stream(CLIP, interim=True, hop=0.25))
    started, ended = events[0], events[-1]
    assert isinstance(started, Started)
    assert started.resumable
    assert len(started.labels) == 8
    assert isinstance(ended, Ended)
    assert ended.reason is EndReason.FINISHED
    assert [event.sequence for event in events if isinstance(event, Interim | Final)] == list(
        range(1, ended.updates_sent + ended.utterances + 1)
    )
    kinds = [type(event) for event in events if isinstance(event, SpeechBegin | SpeechEnd | Final)]
    assert kinds[0] is SpeechBegin
    assert kinds.count(Final) == ended.utterances
    whole = client.recognize(CLIP)
    for own, other in zip(finals(events), whole.utterances, strict=True):
        assert own.probabilities == pytest.approx(other.probabilities, abs=1e-4)
        assert (own.start, own.end, own.top) == (other.start, other.end, other.top)


def test_any_source_and_any_cut_give_the_same(client):
    audio, rate = samples(CLIP)
    raw = AudioFormat(Encoding.LINEAR16, rate)
    expected = finals(client.stream(CLIP))
    data = audio.tobytes()
    sources = [
        client.stream(audio, sample_rate=rate),
        client.stream((data[at : at + 777] for at in range(0, len(data), 777)), format=raw),
        client.stream(np.array_split(audio, 50), format=raw),
        client.stream(np.array_split(audio.astype(np.float32) / 32768, 7), sample_rate=rate),
        client.stream(data, format=raw),
        # Whatever may wait for its acknowledgement, an utterance has room.
        client.stream(CLIP, replay_bytes=0),
        client.stream(CLIP, replay_bytes=0, resume=False),
    ]
    for stream in sources:
        found = finals(stream)
        assert [own.top for own in found] == [own.top for own in expected]
        for own, other in zip(found, expected, strict=True):
            assert own.probabilities == pytest.approx(other.probabilities, abs=1e-4)


def test_an_asynchronous_source_and_the_collected_answer(server):
    expected = command_line([CLIP], server)[0]
    audio, rate = samples(CLIP)

    async def chunks():
        for chunk in np.array_split(audio, 30):
            yield chunk

    async def ask():
        async with AsyncClient(server.address) as client:
            stream = client.stream(chunks(), format=AudioFormat(Encoding.LINEAR16, rate))
            return await undertone.collect(stream)

    assert_same(asyncio.run(ask()), expected, tolerance=1e-4)


def test_the_caller_ends_an_utterance_and_asks_for_updates(client):
    audio, rate = samples(CLIP)
    speech = audio[int(2.7 * rate) : int(4.3 * rate)]
    go_on = threading.Event()

    def chunks():
        yield speech[: len(speech) // 2]
        go_on.wait()
        yield speech[len(speech) // 2 :]

    with client.stream(chunks(), format=AudioFormat(Encoding.LINEAR16, rate)) as stream:
        # What was heard was taken: a flush comes behind it.
        assert any(isinstance(event, SpeechBegin) for event in stream)
        stream.flush()
        asked = next(event for event in stream if isinstance(event, Interim))
        assert asked.trigger is Trigger.FLUSH
        stream.end_utterance()
        go_on.set()
        rest = finals(stream)
    assert [event.trigger for event in rest] == [Trigger.END_UTTERANCE, Trigger.END_OF_STREAM]
    assert rest[0].end == pytest.approx(len(speech) // 2 / rate, abs=1e-3)


def test_silence_of_the_source_is_no_reason_to_end(own_server):
    server = own_server("recognition.idle_timeout=1s")
    audio, rate = samples(CLIP)

    async def ask():
        async def chunks():
            yield audio[: rate * 3]
            # Nobody says anything for three idle timeouts.
            await asyncio.sleep(3)
            yield audio[rate * 3 :]

        async with AsyncClient(server.address) as client:
            stream = client.stream(chunks(), format=AudioFormat(Encoding.LINEAR16, rate))
            return [event async for event in stream]

    ended = asyncio.run(ask())[-1]
    assert isinstance(ended, Ended)
    assert ended.reason is EndReason.FINISHED


def test_what_a_source_raises_reaches_the_caller(client):
    def broken():
        yield np.zeros(1600, dtype=np.float32)
        raise RuntimeError("the cable was pulled")

    with pytest.raises(RuntimeError, match="the cable was pulled"):
        list(client.stream(broken(), sample_rate=16_000))
    wrong = [np.zeros(1600, dtype=np.int16)]
    with pytest.raises(undertone.AudioError, match="LINEAR16"):
        list(client.stream(wrong, sample_rate=16_000))


def test_a_wrong_stream_is_refused_with_what_is_wrong(client):
    with pytest.raises(undertone.NotFound):
        list(client.stream(CLIP, model="oracle"))
    raw = AudioFormat(Encoding.FLOAT32, 16_000)
    with pytest.raises(undertone.InvalidArgument) as caught:
        list(client.stream([b"\x00\x00\xc0\x7f" * 100], format=raw))
    assert "audio" in {wrong.field for wrong in caught.value.violations}
    with pytest.raises(undertone.AudioError, match="format"):
        client.stream([b""])
    with pytest.raises(undertone.AudioError, match="neither"):
        client.stream(b"this is no recording")


def test_a_stream_that_is_left_ends_at_the_server(client, server):
    from urllib.request import urlopen

    with client.stream(CLIP, realtime=True) as stream:
        assert isinstance(next(stream), Started)

    def cancelled():
        with urlopen(f"{server.http}/metrics") as page:
            lines = page.read().decode().splitlines()
        return any("StreamingRecognize" in line and "CANCELLED" in line for line in lines)

    until(cancelled, "the call is counted as cancelled")


def test_a_timeout_ends_a_stream(client):
    with pytest.raises(undertone.DeadlineExceeded):
        list(client.stream(CLIP, realtime=True, timeout=0.5))
