"""What the services with plain calls share."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Protocol, TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

ReplyT = TypeVar("ReplyT", bound=Message)


class Ask(Protocol):
    """Calls a unary method, and calls it again while that may help, unless it is to be called ``once``."""

    async def __call__(
        self, path: str, request: Message, reply: type[ReplyT], timeout: float | None = None, *, once: bool = False
    ) -> ReplyT:
        """Gives the reply, which is of the type ``reply``."""


def moment(timestamp: Timestamp) -> datetime:
    """A time as the wire spells it, in UTC."""
    return timestamp.ToDatetime(timezone.utc)


def timestamp(moment: datetime) -> Timestamp:
    """A time; one without a zone is in UTC."""
    wire = Timestamp()
    wire.FromDatetime(moment)
    return wire
