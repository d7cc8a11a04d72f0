"""What goes with every call: TLS, keys, headers."""

import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from conftest import CLIP, ENVIRONMENT, STAGE, assert_same, command_line, until

import undertone
from undertone import AsyncClient, Connection, Tls
from undertone.connection import parse_address


class Door(grpc.GenericRpcHandler):
    """Passes every call on to a server, byte by byte, and keeps its headers."""

    def __init__(self, address):
        self.channel = grpc.aio.insecure_channel(address)
        self.headers = []

    def service(self, details):
        self.headers.append(dict(details.invocation_metadata))
        if details.method.endswith("StreamingRecognize"):
            call = self.channel.stream_stream(details.method)

            async def stream(requests, context):
                async for reply in call(requests):
                    yield reply

            return grpc.stream_stream_rpc_method_handler(stream)
        call = self.channel.unary_unary(details.method)

        async def unary(request, context):
            return await call(request)

        return grpc.unary_unary_rpc_method_handler(unary)


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """A folder with an authority, and what it vouched for: ``server`` and ``client``."""
    folder = tmp_path_factory.mktemp("papers")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(*new, "-x509", "-days", "1", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("server", "client"):
        openssl(*new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}.example\n")
        sign = ("x509", "-req", "-days", "1", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
        openssl(*sign, "-extfile", f"{name}.ext", "-in", f"{name}.csr", "-out", f"{name}.pem")
    return folder


def through_a_door(server, ask):
    """What ``ask`` gives, which is called with the door's address, and the headers that came through."""

    async def run():
        door = Door(server.address)
        front = grpc.aio.server()
        front.add_generic_rpc_handlers((door,))
        port = front.add_insecure_port("127.0.0.1:0")
        await front.start()
        try:
            return await ask(f"127.0.0.1:{port}"), door.headers
        finally:
            await front.stop(None)
            await door.channel.close()

    return asyncio.run(run())


def test_a_server_with_a_certificate_is_trusted_by_its_authority(own_server, server, papers):
    secure = own_server(f"tls.certificate={papers}/server.pem", f"tls.key={papers}/server.key")
    tls = Tls(ca=papers / "ca.pem", server_name="server.example")
    with undertone.Client(f"https://{secure.address}", tls=tls) as client:
        assert_same(client.recognize(CLIP), command_line([CLIP], server)[0])
        assert any(isinstance(event, undertone.Final) for event in client.stream(CLIP))
    for foreign in (Tls(ca=papers / "client.pem", server_name="server.example"), Tls(ca=papers / "ca.pem")):
        stranger = undertone.Client(secure.address, tls=foreign, retry=undertone.Retry(attempts=1))
        with stranger, pytest.raises(undertone.Unavailable):
            stranger.recognize(CLIP)


def test_a_client_shows_its_own_certificate(own_server, papers):
    settings = {"certificate": "server.pem", "key": "server.key", "client_ca": "ca.pem"}
    secure = own_server(*(f"tls.{name}={papers / file}" for name, file in settings.items()))
    authority = (papers / "ca.pem").read_bytes()
    known = Tls(
        ca=authority,
        certificate=papers / "client.pem",
        private_key=papers / "client.key",
        server_name="server.example",
    )
    with undertone.Client(secure.address, tls=known) as client:
        assert client.recognize(CLIP).utterances
    stranger = undertone.Client(secure.address, tls=Tls(ca=authority, server_name="server.example"))
    with stranger, pytest.raises(undertone.Unauthenticated, match="certificate"):
        stranger.recognize(CLIP)


def test_key_and_trace_context_go_with_every_call(server):
    contexts = [f"00-{number:032x}-00000000000000aa-01" for number in range(1, 4)]
    asked = iter(contexts)

    async def ask(address):
        client = AsyncClient(
            address, api_key="secret", metadata={"X-Team": "calls"}, traceparent=lambda: next(asked, None)
        )
        async with client:
            await client.recognize(CLIP)
            await undertone.collect(client.stream(CLIP))
            await client.models.list()
            await client.models.list()

    _, headers = through_a_door(server, ask)
    assert [own["authorization"] for own in headers] == ["Bearer secret"] * 4
    assert [own["x-team"] for own in headers] == ["calls"] * 4
    assert [own.get("traceparent") for own in headers] == [*contexts, None]


def new_key(server, *arguments):
    create = [STAGE / "bin/undertone", "keys", "create", "test", "--data-dir", server.folder.name, *arguments]
    return subprocess.run(create, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout.strip()


def test_a_stream_that_is_not_let_in_hears_why(own_server):
    server = own_server("auth.keys=true", "auth.refresh=20ms")
    key = new_key(server, "--max-streams", "1")

    def refused(_):
        with undertone.Client(server.address, api_key=key, retry=undertone.Retry(attempts=1)) as client:
            try:
                list(client.stream(CLIP))
            except undertone.UndertoneError as error:
                return type(error)

    with undertone.Client(server.address, api_key=key) as client:
        until(lambda: refused(0) is None, "the server has read its keys again")
        with client.stream(CLIP, realtime=True) as events, ThreadPoolExecutor(12) as others:
            next(events)
            # Each is over before it has sent its first message, or behind it: which comes first is chance.
            assert set(others.map(refused, range(48))) == {undertone.ResourceExhausted}


def test_a_server_that_asks_for_keys_knows_its_own(own_server):
    server = own_server("auth.keys=true", "auth.refresh=20ms")
    key = new_key(server)
    with undertone.Client(server.address, api_key=key) as client:

        def is_known():
            try:
                return client.models.list()
            except undertone.Unauthenticated:
                return None

        until(is_known, "the server has read its keys again")
        assert client.recognize(CLIP).utterances
        assert any(isinstance(event, undertone.Ended) for event in client.stream(CLIP))
    with undertone.Client(server.address) as stranger, pytest.raises(undertone.Unauthenticated):
        stranger.recognize(CLIP)


def test_a_key_is_never_shown():
    connection = Connection(api_key="secret", tls=Tls(certificate=b"c", private_key=b"hidden"))
    assert "secret" not in repr(connection)
    assert "hidden" not in repr(connection)


def test_a_wrong_trace_context_is_refused():
    with pytest.raises(ValueError, match="no trace context"):
        Connection(traceparent=lambda: "yesterday").headers()
    with pytest.raises(ValueError, match="both"):
        Tls(certificate=b"c").credentials()


def test_addresses_say_whether_tls_is_meant():
    assert parse_address("localhost:50151") == (False, "localhost:50151")
    assert parse_address("http://[::1]:50151/") == (False, "[::1]:50151")
    assert parse_address("https://speech.example:443") == (True, "speech.example:443")
    assert parse_address("unix:///run/undertone.sock") == (False, "unix:///run/undertone.sock")
    for wrong in ("", "ftp://host:1", "https://", "http://host:1/path"):
        with pytest.raises(ValueError, match="no address"):
            parse_address(wrong)
