"""The way to a server: address, TLS, keys, trace context."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from os import PathLike
from pathlib import Path

import grpc

from undertone.errors import UsageError
from undertone.retry import Retry

DEFAULT_ADDRESS = "127.0.0.1:50151"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# As gRPC has them: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
_METADATA_KEY = re.compile(r"[0-9a-z_.-]+(?<!-bin)")
_METADATA_VALUE = re.compile(r"[\x20-\x7e]*")
_API_KEY = re.compile(r"[\x21-\x7e]+")
_CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    # Answers about long recordings are as long as they are; the server bounds what it takes.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A server that is being replaced is back within a second or two.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # A dead connection is noticed, although nobody is speaking.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
)


@dataclass(frozen=True, kw_only=True)
class Tls:
    """How to trust the server, and to be trusted. Files or their contents, PEM."""

    ca: str | PathLike[str] | bytes | None = None
    """Who may vouch for the server; None: those whom the system trusts."""
    certificate: str | PathLike[str] | bytes | None = None
    """The client's own certificate, for mTLS."""
    private_key: str | PathLike[str] | bytes | None = field(default=None, repr=False)
    """Its key."""
    server_name: str | None = None
    """The name in the server's certificate, where it is not the address."""

    def credentials(self) -> grpc.ChannelCredentials:
        """As gRPC wants them. Raises ``UsageError`` for a file that cannot be read."""
        if (self.certificate is None) != (self.private_key is None):
            raise UsageError("mTLS takes both: certificate and private_key")
        return grpc.ssl_channel_credentials(
            root_certificates=_pem(self.ca),
            private_key=_pem(self.private_key),
            certificate_chain=_pem(self.certificate),
        )


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Everything that says how a server is called."""

    address: str = DEFAULT_ADDRESS
    """``HOST:PORT``, or a URL with ``http`` or ``https`` in front of it."""
    tls: Tls | bool | None = None
    """None: by the address; True: TLS with what the system trusts."""
    api_key: str | None = field(default=None, repr=False)
    """Sent with every call as ``authorization: Bearer``; never shown."""
    timeout: float | None = None
    """Seconds that a call may take, tries included; None: as long as it takes. Streams have a timeout of their own."""
    retry: Retry = field(default_factory=Retry)
    """When to try again."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Sent with every call."""
    traceparent: Callable[[], str | None] | None = None
    """Asked with every call for the W3C trace context that it belongs to."""

    def __post_init__(self) -> None:
        """Raises ``UsageError`` for what no call can carry."""
        for key, value in self.metadata.items():
            if not isinstance(key, str) or not _METADATA_KEY.fullmatch(key.lower()):
                raise UsageError(f"metadata {key!r}: a key is of letters, digits, _, - and ., without -bin at its end")
            if not isinstance(value, str) or not _METADATA_VALUE.fullmatch(value):
                raise UsageError(f"metadata {key!r}: a value is a text of visible ASCII signs")
        # It is not shown here either.
        if self.api_key is not None and not (isinstance(self.api_key, str) and _API_KEY.fullmatch(self.api_key)):
            raise UsageError("api_key is empty, or holds what no header can carry, as the line break at a file's end")
        check_timeout(self.timeout)

    def channel(self) -> grpc.aio.Channel:
        """A channel of its own; connects with the first call."""
        secure, target = parse_address(self.address)
        options: list[tuple[str, int | str]] = list(_CHANNEL_OPTIONS)
        if (self.tls is None and not secure) or self.tls is False:
            return grpc.aio.insecure_channel(target, options=options)
        tls = self.tls if isinstance(self.tls, Tls) else Tls()
        if tls.server_name is not None:
            options.append(("grpc.ssl_target_name_override", tls.server_name))
        return grpc.aio.secure_channel(target, tls.credentials(), options=options)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The metadata of a call that begins now."""
        headers = [(key.lower(), value) for key, value in self.metadata.items()]
        if self.api_key is not None:
            headers.append(("authorization", f"Bearer {self.api_key}"))
        context = self.traceparent() if self.traceparent is not None else None
        if context is not None:
            if not _TRACEPARENT.fullmatch(context):
                raise UsageError(f"{context!r} is no trace context, as 00-TRACE-SPAN-01 in lower-case hex")
            headers.append(("traceparent", context))
        return tuple(headers)


def check_timeout(timeout: float | None) -> None:
    """Raises ``UsageError`` for what is no number of seconds. None left, or fewer, is over at once."""
    if timeout is not None and (not isinstance(timeout, Real) or math.isnan(timeout)):
        raise UsageError(f"a timeout is a number of seconds, not {timeout!r}")


def parse_address(address: str) -> tuple[bool, str]:
    """Whether TLS is asked for, and the target for gRPC."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "http", address
    if scheme == "unix":
        return False, address
    host = rest.rstrip("/")
    if scheme not in ("http", "https") or not host or "/" in host:
        raise UsageError(f"{address!r} is no address: give HOST:PORT, http://HOST:PORT or https://HOST:PORT")
    return scheme == "https", host


def _pem(source: str | PathLike[str] | bytes | None) -> bytes | None:
    if source is None or isinstance(source, bytes):
        return source
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"{source}: {error.strerror or error}") from error
