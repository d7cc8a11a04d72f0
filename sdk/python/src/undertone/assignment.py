"""Which arm of an experiment a unit gets, computed here: the same as at every server and in every other client.

The definition is byte for byte that of the server's crate ``undertone-experiments``; all of them are held to the same
vectors.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from undertone.errors import UsageError

BUCKETS = 10_000
"""How many buckets there are: one is a hundredth of a percent of all units."""

Purpose: TypeAlias = Literal["holdout", "layer", "arm"]
"""What a bucket is drawn for; draws for different purposes are independent."""

_VERSION = "undertone-bucket-1"
_DIGEST_DIGITS = 12


def bucket(purpose: Purpose, salt: str, key: str) -> int:
    """The bucket of ``key``, 0 to 9,999. A salt holds no zero character."""
    text = "\0".join((_VERSION, purpose, salt, key))
    return int(hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS], 16) % BUCKETS


@dataclass(frozen=True)
class Run:
    """Buckets in a row that one arm owns."""

    until: int
    """The first bucket behind it; it begins where the run before ends, the first one at 0."""
    arm: int
    """The arm's place in its experiment's list."""


class Allocation:
    """Every bucket's arm."""

    def __init__(self, runs: Sequence[Run]) -> None:
        """Takes runs as the server keeps them; ``UsageError`` unless they are in order and end at ``BUCKETS``."""
        ends = [run.until for run in runs]
        if not ends or ends[0] <= 0 or ends[-1] != BUCKETS or any(a >= b for a, b in pairwise(ends)):
            raise UsageError(f"runs of buckets are in order and end at {BUCKETS}, not {ends}")
        self.runs = tuple(runs)
        self._ends = ends

    @classmethod
    def of_weights(cls, weights: Sequence[int]) -> Allocation:
        """That of a new experiment: each arm as many buckets in a row as its weight; they sum to ``BUCKETS``."""
        if sum(weights) != BUCKETS or any(weight < 0 for weight in weights):
            raise UsageError(f"weights are counts of buckets and sum to {BUCKETS}, not {sum(weights)}")
        runs, end = [], 0
        for arm, weight in enumerate(weights):
            end += weight
            if weight > 0:
                runs.append(Run(end, arm))
        return cls(runs)

    def arm(self, bucket: int) -> int:
        """The arm of a bucket."""
        if not 0 <= bucket < BUCKETS:
            raise UsageError(f"buckets go from 0 to {BUCKETS - 1}, and {bucket} is none")
        return self.runs[bisect_right(self._ends, bucket)].arm


@dataclass(frozen=True)
class Slot:
    """An experiment's part of a layer: the buckets from ``start`` to before ``end`` of the layer's own draw."""

    layer: str
    start: int
    end: int

    def holds(self, key: str) -> bool:
        """Whether it has ``key``."""
        return self.start <= bucket("layer", self.layer, key) < self.end


@dataclass(frozen=True)
class Holdout:
    """Units that are kept out of every experiment that names the same salt."""

    salt: str
    buckets: int

    def holds(self, key: str) -> bool:
        """Whether ``key`` is kept out."""
        return bucket("holdout", self.salt, key) < self.buckets


HELD_OUT: Literal["held_out"] = "held_out"
"""The unit is kept out of all experiments."""
ELSEWHERE: Literal["elsewhere"] = "elsewhere"
"""The unit falls into another part of the layer."""


@dataclass(frozen=True)
class Experiment:
    """What an assignment follows from."""

    salt: str
    allocation: Allocation
    slot: Slot | None = None
    holdout: Holdout | None = None

    def assign(self, key: str) -> int | Literal["held_out", "elsewhere"]:
        """The place of the arm of the unit named ``key``, or why it has none."""
        if self.holdout is not None and self.holdout.holds(key):
            return HELD_OUT
        if self.slot is not None and not self.slot.holds(key):
            return ELSEWHERE
        return self.allocation.arm(bucket("arm", self.salt, key))
