"""Events as JSON, for the command line."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from undertone.events import Event


def event_json(file: str, event: Event) -> dict[str, Any]:
    """The fields of an event by their names, behind ``file`` and ``event``, its class as ``speech_begin``."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    told: dict[str, Any] = _plain(event)
    return {"file": file, "event": kind, **told}


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return MessageToDict(value, preserving_proto_field_name=True)
    if isinstance(value, Enum):
        return value.name.lower()
    if is_dataclass(value):
        return {own.name: _plain(getattr(value, own.name)) for own in fields(value)}
    if isinstance(value, tuple):
        return [_plain(own) for own in value]
    return value
