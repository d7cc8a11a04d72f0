"""Every error is an ``UndertoneError``, and a kind of what Python calls it; those of a server have a class per code."""

import math

import grpc
import numpy as np
import pytest
from conftest import CLIP, REPOSITORY

import undertone
from undertone import Client, Tls
from undertone.assignment import Allocation
from undertone.errors import server_error

RAW = undertone.AudioFormat(undertone.Encoding.LINEAR16, 16_000)


def test_every_code_has_a_class_of_its_own():
    kinds = {code.name: type(server_error(code.name, "")) for code in grpc.StatusCode if code is not grpc.StatusCode.OK}
    assert len(set(kinds.values())) == len(kinds) == 16
    for code, kind in kinds.items():
        assert kind.__name__.upper() == code.replace("_", "")
        assert kind is getattr(undertone, kind.__name__)
        assert kind is not undertone.ServerError
        assert issubclass(kind, undertone.ServerError)
    assert type(server_error("A_NEW_CODE", "")) is undertone.Unknown


def test_the_table_of_codes_names_no_other():
    page = (REPOSITORY / "docs/errors.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    codes = [code.strip("` ") for row in rows for code in row.split(",")]
    assert len(codes) > 10
    for code in codes:
        assert type(server_error(code, "")).__name__.upper() == code.replace("_", "")


@pytest.mark.parametrize("address", ["", "ftp://nowhere", "http://host/path"])
def test_a_wrong_address_is_an_argument(address):
    with pytest.raises(undertone.ArgumentError, match="no address"):
        Client(address)


def test_files_that_cannot_be_read_are_named():
    with pytest.raises(undertone.FileError, match=r"nowhere\.pem") as caught:
        Client("https://localhost:1", tls=Tls(ca="nowhere.pem"))
    assert isinstance(caught.value, OSError)
    with Client() as client, pytest.raises(undertone.AudioError, match="null"):
        client.recognize("a\0b.wav")


WRONG = {
    "an unknown option": (undertone.OptionError, lambda client: client.recognize(CLIP, modle="cnn")),
    "an option of a wrong type": (undertone.OptionError, lambda client: client.recognize(CLIP, model=5)),
    "a time that is none": (undertone.OptionError, lambda client: client.recognize(CLIP, hop=math.nan)),
    "labels that are none": (undertone.OptionError, lambda client: client.recognize(CLIP, labels=7)),
    "no recording": (undertone.AudioError, lambda client: client.recognize(17)),
    "no source": (undertone.AudioError, lambda client: client.stream(17, format=RAW)),
    "a rate that is none": (
        undertone.AudioError,
        lambda client: client.recognize(np.zeros(9, dtype=np.int16), sample_rate=0),
    ),
    "chunks of text": (undertone.AudioError, lambda client: list(client.stream(iter(["text"]), format=RAW))),
    "chunks of numbers": (undertone.AudioError, lambda client: list(client.stream(iter([5]), format=RAW))),
    "a report of no format": (undertone.ArgumentError, lambda client: client.experiments.report("x", "pdf")),
    "a definition that is no JSON": (
        undertone.ArgumentError,
        lambda client: client.experiments.create({"name": object()}, who="ann", why="to see"),
    ),
    "retries that cannot be": (undertone.ArgumentError, lambda client: undertone.Retry(attempts=0)),
    "a judgement of nothing": (undertone.ArgumentError, lambda client: undertone.Judgement(about="x")),
    "weights that are none": (undertone.ArgumentError, lambda client: Allocation.of_weights([1])),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_given_wrong_is_an_error_of_this_package(server, what):
    kind, do = WRONG[what]
    with Client(server.address) as client, pytest.raises(kind) as caught:
        do(client)
    assert isinstance(caught.value, undertone.UndertoneError)
    assert isinstance(caught.value, ValueError)


def test_a_source_that_fails_raises_its_own_error(server):
    def chunks():
        yield bytes(320)
        raise KeyError("mine")

    with Client(server.address) as client, pytest.raises(KeyError, match="mine"):
        list(client.stream(chunks(), format=RAW))
