"""Streams that outlive connections and servers."""

import asyncio
import signal
from dataclasses import dataclass

import numpy as np
import pytest
from conftest import CLIP, REPOSITORY, assert_same, assert_same_utterance, command_line, corpus, samples

import undertone
from undertone import AsyncClient, AudioFormat, Client, Encoding, Final, Resumed, Retry, SpeechBegin, Started

STREAMS = 200
# They are sure of the emotions in the synthetic voice of the clip, so that an edge seen elsewhere changes no label.
SURE_MODELS = f"models.dir={REPOSITORY / 'examples/experiments/models'}"
# Voice detection remembers more than the second that it hears again where a stream is taken up (docs/adr/0007), so it
# may see an edge elsewhere: some of its frames of 16 ms in the clip, now and then more in the softer speech of people.
EDGE_SECONDS, SOFT_EDGE_SECONDS = 0.1, 0.5
# A machine that is busy with other tests may take a while to let all of them in.
PATIENT = Retry(attempts=1000)


@dataclass(frozen=True)
class Talk:
    """A stream of audio, and what the command line says about it."""

    audio: np.ndarray
    rate: int
    expected: list[dict]

    @property
    def middle(self) -> int:
        """The sample in the middle of the last utterance."""
        last = self.expected[-1]
        return int((last["start_s"] + last["end_s"]) / 2 * self.rate)

    def is_last_begin(self, event) -> bool:
        """Whether the server has heard that the last utterance began: all others have their answers."""
        return isinstance(event, SpeechBegin) and abs(event.offset - self.expected[-1]["start_s"]) < EDGE_SECONDS


async def outlive(server, talks, how):
    """The events of streams that are all within their last utterance when their server is restarted."""
    go_on, within = asyncio.Event(), asyncio.Semaphore(0)

    async def chunks(talk):
        for chunk in np.array_split(talk.audio[: talk.middle], 20):
            yield chunk
        await go_on.wait()
        for chunk in np.array_split(talk.audio[talk.middle :], 20):
            yield chunk

    async def listen(client, talk):
        events = []
        async for event in client.stream(chunks(talk), format=AudioFormat(Encoding.LINEAR16, talk.rate)):
            events.append(event)
            if talk.is_last_begin(event):
                within.release()
        return events

    async def all_are_within():
        for _ in talks:
            await within.acquire()

    async with AsyncClient(server.address, retry=PATIENT) as client:
        tasks = [asyncio.create_task(listen(client, talk)) for talk in talks]
        middle = asyncio.create_task(all_are_within())
        done, _ = await asyncio.wait([middle, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for ended in done - {middle}:
            pytest.fail(f"a stream ended before its server did: {ended.exception() or ended.result()}")
        await asyncio.to_thread(server.restart, how)
        go_on.set()
        return await asyncio.gather(*tasks)


def finals_of(events, talk):
    """Each final result of a stream that was taken up again, beside what the command line says."""
    assert isinstance(events[0], Started)
    assert any(isinstance(event, Resumed) for event in events)
    assert {event.stream_id for event in events if isinstance(event, Started | Resumed)} == {events[0].stream_id}
    found = [event for event in events if isinstance(event, Final)]
    assert [own.utterance for own in found] == list(range(1, len(talk.expected) + 1)), "none lost, none doubled"
    return zip(found, talk.expected, strict=True)


def assert_near(own, expected, edge_seconds):
    """The same utterance, as far as its edges were found so near; with the same edges all of it is the same."""
    apart = max(abs(own.start - expected["start_s"]), abs(own.end - expected["end_s"]))
    assert apart < edge_seconds
    if apart < 1e-9:
        assert_same_utterance(own, expected)


def test_two_hundred_streams_at_once_give_what_the_command_line_gives(server):
    files = corpus(STREAMS)
    expected = command_line(files, server)
    clips = [samples(file) for file in files]
    numbers = [number % len(files) for number in range(STREAMS)]

    async def ask():
        async with AsyncClient(server.address, retry=PATIENT) as client:
            streams = [client.stream(clips[own][0], sample_rate=clips[own][1]) for own in numbers]
            return await asyncio.gather(*(undertone.collect(stream) for stream in streams))

    answers = asyncio.run(ask())
    for number, answer in zip(numbers, answers, strict=True):
        assert_same(answer, expected[number])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_real_clips_that_outlive_their_server_give_what_the_command_line_gives(own_server, how):
    files = corpus(STREAMS)
    if files == [CLIP]:
        pytest.skip("SKIPPED: there is no speech corpus at UNDERTONE_DATA")
    server = own_server()
    told = zip(files, command_line(files, server), strict=True)
    talks = [Talk(*samples(file), answer["utterances"]) for file, answer in told if answer["utterances"]]
    assert len(talks) > STREAMS * 0.98, "speech is heard in nearly every clip"
    exact = 0
    for talk, events in zip(talks, asyncio.run(outlive(server, talks, how)), strict=True):
        # A session that hears a stream from its beginning again is what the first one was, and gives the same to the
        # bit. Where silence was acknowledged before, voice detection begins anew behind it, and remembers less.
        from_beginning = all(event.audio_from == 0 for event in events if isinstance(event, Resumed))
        exact += from_beginning
        for own, expected in finals_of(events, talk):
            if from_beginning:
                assert_same_utterance(own, expected)
            else:
                assert_near(own, expected, SOFT_EDGE_SECONDS)
    assert exact > len(talks) * 0.9, "most clips are of one utterance, which has no answer yet"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_every_stream_outlives_its_server_and_keeps_its_answers(own_server, how):
    server = own_server(SURE_MODELS)
    talk = Talk(*samples(CLIP), command_line([CLIP], server)[0]["utterances"])
    for events in asyncio.run(outlive(server, [talk] * STREAMS, how)):
        told_before = next(place for place, event in enumerate(events) if isinstance(event, Resumed))
        before = sum(isinstance(event, Final) for event in events[:told_before])
        assert before == len(talk.expected) - 1, "it broke within the last utterance"
        for place, (own, expected) in enumerate(finals_of(events, talk)):
            if place < before:
                assert_same_utterance(own, expected)
            else:
                assert own.top == expected["top"]
                assert_near(own, expected, EDGE_SECONDS)


def test_a_stream_that_is_muted_for_longer_than_a_token_is_good_for_outlives_its_server(own_server):
    within = 12
    server = own_server(f"resume.within={within}s", "recognition.idle_timeout=3s")
    audio, rate = samples(CLIP)

    async def speak():
        speaks_again = asyncio.Event()

        async def chunks():
            yield audio[:rate]
            await speaks_again.wait()
            yield audio[rate:]

        events = []
        async with AsyncClient(server.address, retry=PATIENT) as client:
            async for event in client.stream(chunks(), format=AudioFormat(Encoding.LINEAR16, rate)):
                events.append(event)
                if isinstance(event, Started):
                    await asyncio.sleep(within + 2)
                    await asyncio.to_thread(server.restart)
                    speaks_again.set()
        return events

    events = asyncio.run(speak())
    assert any(isinstance(event, Resumed) for event in events)
    assert events[-1].reason is undertone.EndReason.FINISHED


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
