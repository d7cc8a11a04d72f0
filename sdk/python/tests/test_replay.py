"""What is kept of a stream until the server has acknowledged it."""

import random

import pytest
from undertone.v1 import recognizer_pb2 as v1

from undertone import Retry
from undertone.errors import Details, server_error
from undertone.replay import Mark, Piece, Replay

END = v1.Control(end_utterance=v1.EndUtterance())
FLUSH = v1.Control(flush=v1.Flush())


def held(replay):
    items, number = [], replay.first
    while (item := replay.item(number)) is not None:
        items.append(item)
        number += 1
    return items


def test_what_is_left_is_the_audio_behind_any_acknowledged_byte():
    audio = random.Random(1).randbytes(1000)
    for position in range(0, 1001, 7):
        replay = Replay(10_000)
        for start in range(0, 1000, 130):
            replay.add(audio[start : start + 130])
        replay.forget(position)
        items = held(replay)
        assert b"".join(item.data for item in items) == audio[position:]
        assert [item.start for item in items[:1]] in ([position], [])


def test_a_large_chunk_goes_in_pieces_that_servers_take():
    replay = Replay(1 << 30)
    audio = bytes(1_000_001)
    replay.add(audio)
    items = held(replay)
    assert max(len(item.data) for item in items) == 64 * 1024
    assert [item.start for item in items[1:]] == [item.end for item in items[:-1]]
    assert items[-1].end == len(audio)


def test_a_mark_stays_until_audio_behind_it_is_acknowledged():
    replay = Replay(100)
    replay.add(b"0123")
    replay.mark(END)
    replay.mark(FLUSH)
    replay.add(b"4567")
    replay.forget(4)
    assert held(replay) == [Mark(4, END), Mark(4, FLUSH), Piece(4, b"4567")]
    replay.forget_flushes()
    assert held(replay) == [Mark(4, END), Piece(4, b"4567")]
    replay.forget(5)
    assert held(replay) == [Piece(5, b"567")]


def test_a_full_replay_has_room_again_when_audio_was_acknowledged():
    replay = Replay(8)
    replay.add(b"01234567")
    assert not replay.has_room
    replay.forget(1)
    assert replay.has_room


def test_delays_double_up_to_the_longest_and_follow_the_server():
    retry = Retry(first_delay=1.0, longest_delay=4.0)
    lost = server_error("UNAVAILABLE", "gone")
    for tries, longest in ((1, 1.0), (2, 2.0), (3, 4.0), (40, 4.0)):
        delays = [retry.delay(tries, lost) for _ in range(100)]
        assert longest / 2 <= min(delays)
        assert max(delays) <= longest
    full = server_error("RESOURCE_EXHAUSTED", "full", Details(retry_after=30.0))
    assert 30.0 <= retry.delay(1, full) <= 37.5
    at_once = server_error("UNAVAILABLE", "lost", Details(retry_after=0.0))
    assert retry.delay(1, at_once) == 0.0
    assert retry.delay(2, at_once) > 0.0
    assert not retry.may_pass(server_error("INVALID_ARGUMENT", "wrong"))
    with pytest.raises(ValueError, match="attempts"):
        Retry(attempts=0)
