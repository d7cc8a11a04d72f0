"""A small command line: ``python -m undertone``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from enum import Enum
from importlib.metadata import version
from typing import Any

from undertone.client import Client
from undertone.connection import DEFAULT_ADDRESS, Tls
from undertone.errors import UndertoneError
from undertone.events import AudioWarning, Ended, Event, Resumed, Started
from undertone.options import Options
from undertone.results import Final, Interim, ModelRef, Recognition, Result, Utterance


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; gives its exit status."""
    asked = _parser().parse_args(arguments)
    try:
        with _client(asked) as client:
            return int(asked.run(client, asked))
    except UndertoneError as error:
        print(f"undertone: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _client(asked: argparse.Namespace) -> Client:
    tls = Tls(ca=asked.ca, certificate=asked.client_certificate, private_key=asked.client_key)
    is_plain = (asked.ca, asked.client_certificate, asked.client_key) == (None, None, None)
    return Client(asked.server, tls=None if is_plain else tls, api_key=asked.api_key)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="undertone-py", description="Ask an Undertone server how something is said.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('undertone')}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--server", default=DEFAULT_ADDRESS, help="HOST:PORT or URL (default %(default)s)")
    key = "the environment's UNDERTONE_API_KEY keeps it out of the process list"
    common.add_argument("--api-key", default=os.environ.get("UNDERTONE_API_KEY"), metavar="KEY", help=key)
    common.add_argument("--ca", metavar="FILE", help="who may vouch for the server, PEM; makes it TLS")
    common.add_argument("--client-certificate", metavar="FILE", help="the certificate to show (mTLS), PEM")
    common.add_argument("--client-key", metavar="FILE", help="its key, PEM")
    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--model", default="", help="NAME or NAME@VERSION; the server's default when not given")
    model.add_argument("--json", action="store_true", help="a JSON object a line: per file, or per event of a stream")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    recognize = commands.add_parser("recognize", parents=[common, model], help="recordings, or - for standard input")
    recognize.add_argument("files", nargs="+", metavar="FILE")
    recognize.add_argument("--stream", action="store_true", help="as if it were being spoken, with updates")
    recognize.set_defaults(run=_recognize)
    listen = commands.add_parser("listen", parents=[common, model], help="the microphone")
    listen.set_defaults(run=_listen)
    models = commands.add_parser("models", parents=[common], help="the server's models")
    models.set_defaults(run=_models)
    return parser


def _recognize(client: Client, asked: argparse.Namespace) -> int:
    failed = 0
    for file in asked.files:
        source = sys.stdin.buffer.read() if file == "-" else file
        try:
            if asked.stream:
                with client.stream(source, realtime=True, interim=True, model=asked.model) as events:
                    for event in events:
                        _show(event, asked.json)
            else:
                answer = client.recognize(source, model=asked.model)
                print(json.dumps(to_json(file, answer)) if asked.json else _text(file, answer), flush=True)
        except UndertoneError as error:
            failed += 1
            what = str(error).removeprefix(f"{file}: ")
            print(f"undertone: {file}: {what}", file=sys.stderr)
    return 1 if failed else 0


def _listen(client: Client, asked: argparse.Namespace) -> int:
    from undertone.microphone import Microphone

    options: Options = {"interim": True, "model": asked.model}
    with Microphone() as microphone, client.stream(microphone, **options) as events:
        for event in events:
            _show(event, asked.json)
    return 0


def _models(client: Client, asked: argparse.Namespace) -> int:
    known = client.models.list()
    for model in known.models:
        mark = "*" if model.is_default else " "
        print(f"{mark} {model.reference}  {model.description}")
    for bundle in known.refused:
        print(f"undertone: {bundle.path} is refused: {bundle.reason}", file=sys.stderr)
    return 0


def to_json(file: str, answer: Recognition) -> dict[str, Any]:
    """The object that ``undertone recognize --format json`` prints, key by key."""
    return {
        "file": file,
        "model": answer.model.name,
        "version": answer.model.version,
        "seconds": answer.duration,
        "utterances": [_utterance_json(utterance) for utterance in answer.utterances],
        "warnings": list(answer.warnings),
    }


def _utterance_json(utterance: Utterance) -> dict[str, Any]:
    return {
        "start_s": utterance.start,
        "end_s": utterance.end,
        "probabilities": utterance.probabilities,
        "top": utterance.top,
        "confidence": utterance.confidence,
        "abstained": utterance.abstained,
        "plausible": list(utterance.plausible),
        "prediction_id": utterance.prediction_id or None,
        "updates": [_update_json(update) for update in utterance.updates],
    }


def _update_json(update: Interim) -> dict[str, Any]:
    return {"at_s": update.end, "probabilities": update.probabilities}


def _text(file: str, answer: Recognition) -> str:
    lines = [f"{file}  {answer.duration:.1f} s · {answer.model}"]
    lines += [f"  {_line(utterance)}" for utterance in answer.utterances]
    return "\n".join([*lines, *(f"  note: {warning}" for warning in answer.warnings)])


def _line(result: Result) -> str:
    said = "unsure" if result.abstained else result.shown or result.top
    return f"{result.start:.2f} - {result.end:.2f} s  {said}  {result.confidence:.0%}"


def event_json(event: Event) -> dict[str, Any]:
    """An event as an object: its kind, and its fields as the dataclass has them."""
    fields = {name: value for name, value in vars(event).items() if name != "config"}
    return {"event": type(event).__name__, **fields}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    return str(value) if isinstance(value, ModelRef) else vars(value)


def _show(event: Event, as_json: bool) -> None:
    if as_json:
        print(json.dumps(event_json(event), default=_plain), flush=True)
    elif isinstance(event, Started):
        print(f"{event.model} listens", flush=True)
    elif isinstance(event, Interim):
        print(f"  {_line(event)}  so far", flush=True)
    elif isinstance(event, Final):
        print(f"  {_line(event)}", flush=True)
    elif isinstance(event, AudioWarning):
        print(f"  note: {event.message}", flush=True)
    elif isinstance(event, Resumed):
        print(f"undertone: {event.reason}; going on at {event.audio_from:.1f} s", file=sys.stderr)
    elif isinstance(event, Ended):
        print(f"  {event.audio_duration:.1f} s, {event.utterances} utterances", flush=True)
