"""Streams that outlive connections and servers."""

import asyncio
import signal

import numpy as np
import pytest
from conftest import CLIP, REPOSITORY, assert_same, command_line, corpus, samples

import undertone
from undertone import AsyncClient, Client, Final, Resumed, Retry, Started

STREAMS = 200
# They are sure of the emotions in the synthetic voice of the clip, so that an edge seen elsewhere changes no label.
SURE_MODELS = f"models.dir={REPOSITORY / 'examples/experiments/models'}"
# Voice detection that was tuned for a second only may see an edge some of its frames of 16 ms elsewhere.
EDGE_SECONDS = 0.1


def test_two_hundred_streams_at_once_give_what_the_command_line_gives(server):
    files = corpus(STREAMS)
    expected = command_line(files, server)
    clips = [samples(file) for file in files]
    numbers = [number % len(files) for number in range(STREAMS)]

    async def ask():
        async with AsyncClient(server.address) as client:
            streams = [client.stream(clips[own][0], sample_rate=clips[own][1]) for own in numbers]
            return await asyncio.gather(*(undertone.collect(stream) for stream in streams))

    answers = asyncio.run(ask())
    for number, answer in zip(numbers, answers, strict=True):
        assert_same(answer, expected[number])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_every_stream_outlives_its_server(own_server, how):
    server = own_server(SURE_MODELS)
    audio, rate = samples(CLIP)
    expected = command_line([CLIP], server)[0]["utterances"]

    async def chunks(gate):
        middle = len(audio) * 6 // 10
        for chunk in np.array_split(audio[:middle], 20):
            yield chunk
        await gate.wait()
        for chunk in np.array_split(audio[middle:], 20):
            yield chunk

    async def listen(client, gate, heard):
        events = []
        async for event in client.stream(chunks(gate), format=undertone.AudioFormat(undertone.Encoding.LINEAR16, rate)):
            events.append(event)
            if isinstance(event, Final):
                heard.release()
        return events

    async def all_heard(heard):
        for _ in range(2 * STREAMS):
            await heard.acquire()

    async def ask():
        gate, heard = asyncio.Event(), asyncio.Semaphore(0)
        async with AsyncClient(server.address) as client:
            tasks = [asyncio.create_task(listen(client, gate, heard)) for _ in range(STREAMS)]
            # In the middle: each has heard its first utterances, and is within another one.
            middle = asyncio.create_task(all_heard(heard))
            done, _ = await asyncio.wait([middle, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for ended in done - {middle}:
                pytest.fail(f"a stream ended before its server did: {ended.exception() or ended.result()}")
            await asyncio.to_thread(server.restart, how)
            gate.set()
            return await asyncio.gather(*tasks)

    for events in asyncio.run(ask()):
        assert isinstance(events[0], Started)
        assert any(isinstance(event, Resumed) for event in events)
        assert {event.stream_id for event in events if isinstance(event, Started | Resumed)} == {events[0].stream_id}
        found = [event for event in events if isinstance(event, Final)]
        assert [own.utterance for own in found] == list(range(1, len(expected) + 1)), "none lost, none doubled"
        for own, other in zip(found, expected, strict=True):
            assert own.top == other["top"]
            assert own.start == pytest.approx(other["start_s"], abs=EDGE_SECONDS)
            assert own.end == pytest.approx(other["end_s"], abs=EDGE_SECONDS)


def test_a_stream_without_resume_breaks_with_its_server(own_server):
    server = own_server()
    with Client(server.address) as client, client.stream(CLIP, realtime=True, resume=False) as stream:
        assert not next(stream).resumable
        server.stop(signal.SIGKILL)
        with pytest.raises(undertone.StreamBroken, match="cannot be taken up again"):
            list(stream)


def test_a_call_waits_for_a_server_that_is_coming(own_server):
    server = own_server()
    server.stop()
    patient = Client(server.address, retry=Retry(attempts=100, first_delay=0.05, longest_delay=0.1))
    hasty = Client(server.address, retry=Retry(attempts=1))
    with patient, hasty:
        with pytest.raises(undertone.Unavailable):
            hasty.recognize(CLIP)
        with pytest.raises(undertone.DeadlineExceeded):
            patient.recognize(CLIP, timeout=0.2)
        server.start()
        assert patient.recognize(CLIP).utterances


def test_a_full_server_is_asked_again_when_it_said(own_server):
    server = own_server("engine.max_streams=1")
    once = Client(server.address, retry=Retry(attempts=1))
    again = Client(server.address, retry=Retry(attempts=1000))
    with once, again:
        with once.stream(CLIP, realtime=True) as stream:
            assert isinstance(next(stream), Started)
            with pytest.raises(undertone.ResourceExhausted) as caught:
                once.recognize(CLIP)
            assert caught.value.retry_after > 0
        assert again.recognize(CLIP).utterances
