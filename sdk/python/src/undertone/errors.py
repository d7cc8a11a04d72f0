"""What can go wrong. All of it is an ``UndertoneError``, but for what a source of audio raises itself."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from undertone.durations import seconds

_DETAILS_KEY = "grpc-status-details-bin"


class UndertoneError(Exception):
    """Anything that went wrong."""


class AudioError(UndertoneError, ValueError):
    """The audio that was given cannot be sent; nothing was asked of the server."""


class UsageError(UndertoneError, ValueError, TypeError):
    """The client was given something that it cannot work with; nothing was asked of the server."""


class StreamBroken(UndertoneError):
    """A stream broke off and could not be taken up again. What it told until then holds."""


@dataclass(frozen=True)
class FieldViolation:
    """A wrong field of a request."""

    field: str
    description: str


class ServerError(UndertoneError):
    """What a server, or the way to it, answered in place of a result."""

    def __init__(self, code: str, message: str, details: Details) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        """As gRPC spells it: ``UNAVAILABLE``."""
        self.message = message
        """A sentence for a person."""
        self.violations = details.violations
        """The wrong fields, all of them."""
        self.retry_after = details.retry_after
        """Seconds after which another try may help; None when the server did not say."""
        self.resource = details.resource
        """The name of what was not found, if that is the matter."""


class InvalidArgument(ServerError):
    """The request is wrong; ``violations`` says where."""


class NotFound(ServerError):
    """There is no such model or experiment."""


class AlreadyExists(ServerError):
    """Something of that name is there."""


class FailedPrecondition(ServerError):
    """It is not the time for that: the state has to change first."""


class Aborted(ServerError):
    """Somebody else changed it meanwhile; read it again, and decide again."""


class OutOfRange(ServerError):
    """The message is larger than the server takes."""


class Cancelled(ServerError):
    """The call was given up, here or on its way."""


class Unimplemented(ServerError):
    """The server is older than this client."""


class Internal(ServerError):
    """A fault of the server, or of something in between."""


class Unauthenticated(ServerError):
    """The API key is missing, wrong, expired or revoked."""


class PermissionDenied(ServerError):
    """The API key does not allow this."""


class ResourceExhausted(ServerError):
    """The server has no room, or a quota is used up; try again after ``retry_after``."""


class Unavailable(ServerError):
    """The server cannot be reached, is shutting down, or lost a part of itself."""


class DeadlineExceeded(ServerError):
    """It took longer than the timeout that was given, or than the server waits."""


@dataclass(frozen=True)
class Details:
    """What ``google.rpc`` details say."""

    violations: tuple[FieldViolation, ...] = ()
    retry_after: float | None = None
    resource: str | None = None


_KINDS: dict[str, type[ServerError]] = {
    "INVALID_ARGUMENT": InvalidArgument,
    "NOT_FOUND": NotFound,
    "UNAUTHENTICATED": Unauthenticated,
    "PERMISSION_DENIED": PermissionDenied,
    "RESOURCE_EXHAUSTED": ResourceExhausted,
    "UNAVAILABLE": Unavailable,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "ALREADY_EXISTS": AlreadyExists,
    "FAILED_PRECONDITION": FailedPrecondition,
    "ABORTED": Aborted,
    "OUT_OF_RANGE": OutOfRange,
    "CANCELLED": Cancelled,
    "UNIMPLEMENTED": Unimplemented,
    "INTERNAL": Internal,
    "UNKNOWN": Internal,
    "DATA_LOSS": Internal,
}


def server_error(code: str, message: str, details: Details = Details()) -> ServerError:
    """The error class for a code."""
    return _KINDS.get(code, ServerError)(code, message, details)


def from_rpc(error: grpc.aio.AioRpcError) -> ServerError:
    """The error that gRPC reported, with its details read."""
    found = (value for key, value in error.trailing_metadata() or () if key == _DETAILS_KEY)
    encoded = next(found, b"")
    details = read_details(encoded if isinstance(encoded, bytes) else encoded.encode())
    return server_error(error.code().name, error.details() or "there is no further word", details)


def read_details(encoded: bytes) -> Details:
    """The details in an encoded ``google.rpc.Status``; none where it cannot be read."""
    try:
        status = status_pb2.Status.FromString(encoded)
    except DecodeError:
        return Details()
    violations: list[FieldViolation] = []
    retry_after = resource = None
    for own in status.details:
        bad, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        missing = error_details_pb2.ResourceInfo()
        if own.Unpack(bad):
            violations += [FieldViolation(wrong.field, wrong.description) for wrong in bad.field_violations]
        elif own.Unpack(retry):
            retry_after = seconds(retry.retry_delay)
        elif own.Unpack(missing):
            resource = missing.resource_name
    return Details(tuple(violations), retry_after, resource)
