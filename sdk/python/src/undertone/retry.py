"""When to try again."""

from __future__ import annotations

import random
from dataclasses import dataclass

from undertone.errors import ServerError, UsageError

_PASSING = ("UNAVAILABLE", "RESOURCE_EXHAUSTED")


@dataclass(frozen=True)
class Retry:
    """How often a call is made again when the server cannot be reached or has no room.

    The delay doubles from try to try; where the server names one (``RetryInfo``), that one is taken. Delays are
    shortened at random by up to a half, those that the server named are lengthened by up to a quarter, so that many
    clients do not come at once. A stream that has begun is taken up again for as long as the server keeps the right to
    it (``Limits.resume_within``), however many attempts that takes.
    """

    attempts: int = 5
    """Calls at most, the first one included; 1 never tries again."""
    first_delay: float = 0.1
    """Seconds before the second call."""
    longest_delay: float = 5.0
    """Seconds between two calls, at most, unless the server names a longer delay."""

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_delay < 0 or self.longest_delay < self.first_delay:
            raise UsageError("give attempts from 1, and delays from 0 of which the longest is not the shorter one")

    def delay(self, tries: int, error: Exception) -> float:
        """Seconds to wait after ``tries`` calls that failed, the last one with ``error``."""
        named = error.retry_after if isinstance(error, ServerError) else None
        doubled = min(self.first_delay * 2.0 ** min(tries - 1, 32), self.longest_delay)
        own = doubled * random.uniform(0.5, 1.0)
        if named is None:
            return own
        # The server may name no delay at all; it is not asked over and over for that.
        return max(named * random.uniform(1.0, 1.25), own if tries > 1 else 0.0)

    def may_pass(self, error: Exception) -> bool:
        """Whether the same call may succeed later."""
        return isinstance(error, ServerError) and error.code in _PASSING
