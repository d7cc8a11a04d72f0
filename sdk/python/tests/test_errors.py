"""Every error is an ``UndertoneError``, and a kind of what Python calls it; those of a server have a class per code."""

import math

import grpc
import numpy as np
import pytest
from conftest import CLIP

import undertone
from undertone import Client, Tls
from undertone.assignment import Allocation
from undertone.errors import server_error

RAW = undertone.AudioFormat(undertone.Encoding.LINEAR16, 16_000)


def test_every_code_has_a_class():
    for code in grpc.StatusCode:
        kind = type(server_error(code.name, ""))
        if code is not grpc.StatusCode.OK:
            assert kind is not undertone.ServerError, code
            assert kind is getattr(undertone, kind.__name__)
            internal = code.name in ("UNKNOWN", "DATA_LOSS")
            assert kind.__name__.upper() == ("INTERNAL" if internal else code.name.replace("_", ""))


@pytest.mark.parametrize("address", ["", "ftp://nowhere", "http://host/path"])
def test_a_wrong_address_is_an_argument(address):
    with pytest.raises(undertone.UsageError, match="no address"):
        Client(address)


def test_files_that_cannot_be_read_are_named():
    with pytest.raises(undertone.UsageError, match=r"nowhere\.pem"):
        Client("https://localhost:1", tls=Tls(ca="nowhere.pem"))
    with Client() as client, pytest.raises(undertone.AudioError, match="null"):
        client.recognize("a\0b.wav")


WRONG = {
    "an unknown option": (undertone.UsageError, lambda client: client.recognize(CLIP, modle="cnn")),
    "an option of a wrong type": (undertone.UsageError, lambda client: client.recognize(CLIP, model=5)),
    "a time that is none": (undertone.UsageError, lambda client: client.recognize(CLIP, hop=math.nan)),
    "labels that are none": (undertone.UsageError, lambda client: client.recognize(CLIP, labels=7)),
    "no recording": (undertone.AudioError, lambda client: client.recognize(17)),
    "no source": (undertone.AudioError, lambda client: client.stream(17, format=RAW)),
    "a rate that is none": (
        undertone.AudioError,
        lambda client: client.recognize(np.zeros(9, dtype=np.int16), sample_rate=0),
    ),
    "chunks of text": (undertone.AudioError, lambda client: list(client.stream(iter(["text"]), format=RAW))),
    "chunks of numbers": (undertone.AudioError, lambda client: list(client.stream(iter([5]), format=RAW))),
    "a report of no format": (undertone.UsageError, lambda client: client.experiments.report("x", "pdf")),
    "a definition that is no JSON": (
        undertone.UsageError,
        lambda client: client.experiments.create({"name": object()}, who="ann", why="to see"),
    ),
    "retries that cannot be": (undertone.UsageError, lambda client: undertone.Retry(attempts=0)),
    "a key with the line break of its file": (undertone.UsageError, lambda client: Client(api_key="secret\n")),
    "no key": (undertone.UsageError, lambda client: Client(api_key="")),
    "a header that is none": (undertone.UsageError, lambda client: Client(metadata={"my team": "calls"})),
    "a header of bytes": (undertone.UsageError, lambda client: Client(metadata={"team-bin": "calls"})),
    "a header with a number": (undertone.UsageError, lambda client: Client(metadata={"team": 7})),
    "a header in letters that it cannot have": (
        undertone.UsageError,
        lambda client: Client(metadata={"team": "Grüße"}),
    ),
    "a time to wait that is none": (undertone.UsageError, lambda client: Client(timeout="soon")),
    "a time for one call that is none": (undertone.UsageError, lambda client: client.recognize(CLIP, timeout=math.nan)),
    "a time for a stream that is none": (undertone.UsageError, lambda client: client.stream(CLIP, timeout="soon")),
    "a judgement of nothing": (undertone.UsageError, lambda client: undertone.Judgement(about="x")),
    "weights that are none": (undertone.UsageError, lambda client: Allocation.of_weights([1])),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_given_wrong_is_an_error_of_this_package(server, what):
    kind, do = WRONG[what]
    with Client(server.address) as client, pytest.raises(kind) as caught:
        do(client)
    assert isinstance(caught.value, undertone.UndertoneError)
    assert isinstance(caught.value, ValueError)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"hop": "1"}, "hop is a number of seconds, not '1'"),
        ({"labels": {"a": 1}}, "labels are texts by their names, not 'a': 1"),
        ({"endpointing": {"enabled": False}}, "endpointing is an Endpointing, not"),
        ({"model": 5}, "model is a text, not 5"),
    ],
)
def test_an_option_of_a_wrong_type_is_named(server, options, words):
    with Client(server.address) as client, pytest.raises(undertone.UsageError) as caught:
        client.recognize(CLIP, **options)
    assert words in str(caught.value)


def test_a_source_that_fails_raises_its_own_error(server):
    def chunks():
        yield bytes(320)
        raise KeyError("mine")

    with Client(server.address) as client, pytest.raises(KeyError, match="mine"):
        list(client.stream(chunks(), format=RAW))
