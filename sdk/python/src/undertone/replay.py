"""The audio that a stream may have to send again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from undertone.v1 import recognizer_pb2 as v1

_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Piece:
    """Some audio, and where in the stream it begins, in bytes."""

    start: int
    data: bytes

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.start + len(self.data)


@dataclass(frozen=True)
class Mark:
    """Something to say to the server at a place in the audio."""

    start: int
    control: v1.Control


Item: TypeAlias = Piece | Mark


class Replay:
    """What was not acknowledged yet, in order, numbered from the stream's start.

    It holds ``limit`` bytes at most; then its source waits until the server has acknowledged some. The server
    acknowledges with every final result, and once a second in silence, so it holds at least what ``hold_at_least`` says
    that an utterance takes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = max(limit, 1)
        self._items: deque[Item] = deque()
        self._first = 0
        self._held = 0
        self._end = 0
        self.finished = False
        """Whether nothing more will come."""

    @property
    def has_room(self) -> bool:
        """Whether more audio may be added."""
        return self._held < self._limit

    def hold_at_least(self, size: int) -> None:
        """Has room for so many bytes, whatever the limit was."""
        self._limit = max(self._limit, size)

    @property
    def first(self) -> int:
        """The number of the first item that is held."""
        return self._first

    def add(self, data: bytes) -> None:
        """Adds audio, in pieces that servers take as messages."""
        for start in range(0, len(data), _PIECE_BYTES):
            piece = data[start : start + _PIECE_BYTES]
            self._items.append(Piece(self._end, piece))
            self._end += len(piece)
            self._held += len(piece)

    def mark(self, control: v1.Control) -> None:
        """Adds something to say behind the audio so far."""
        self._items.append(Mark(self._end, control))

    def item(self, number: int) -> Item | None:
        """The item of that number; None where it is still to come."""
        place = number - self._first
        return self._items[place] if 0 <= place < len(self._items) else None

    def forget(self, position: int) -> None:
        """Forgets what lies in front of byte ``position``. Of a piece that lies across it the rest is kept."""
        while self._items:
            item = self._items[0]
            if isinstance(item, Piece) and item.start < position < item.end:
                self._items[0] = Piece(position, item.data[position - item.start :])
                self._held -= position - item.start
                return
            if item.start >= position:
                return
            self._drop()

    def forget_items(self, number: int) -> None:
        """Forgets everything in front of the item of that number."""
        while self._items and self._first < number:
            self._drop()

    def forget_flushes(self) -> None:
        """Forgets to ask for updates that were due a while ago."""
        kept = [item for item in self._items if isinstance(item, Piece) or not item.control.HasField("flush")]
        self._items = deque(kept)

    def _drop(self) -> None:
        item = self._items.popleft()
        self._first += 1
        if isinstance(item, Piece):
            self._held -= len(item.data)
