"""``python -m undertone``."""

import json
import subprocess
import sys

from conftest import CLIP, ENVIRONMENT, STAGE, command_line, until


def run(*arguments, stdin=None):
    command = [sys.executable, "-m", "undertone", *arguments]
    return subprocess.run(command, input=stdin, env=ENVIRONMENT, capture_output=True)


def test_json_is_what_the_servers_own_command_line_prints(server):
    output = run("recognize", CLIP, "-", "--json", "--server", server.address, stdin=CLIP.read_bytes())
    assert output.returncode == 0, output.stderr
    own, piped = (json.loads(line) for line in output.stdout.splitlines())
    expected = command_line([CLIP], server)[0]
    for answer in (expected, own, piped):
        answer.pop("file")
        for utterance in answer["utterances"]:
            utterance.pop("prediction_id")
            for time in ("start_s", "end_s"):
                utterance[time] = round(utterance[time], 9)
            utterance["confidence"] = round(utterance["confidence"], 5)
            utterance["probabilities"] = {key: round(p, 5) for key, p in utterance["probabilities"].items()}
    assert own == expected
    assert piped == expected


def test_a_file_that_cannot_be_read_fails_and_the_others_are_recognised(server):
    output = run("recognize", "nowhere.wav", CLIP, "--server", server.address)
    assert output.returncode == 1
    assert b"nowhere.wav" in output.stderr
    assert b"cnn@" in output.stdout


def test_a_stream_is_a_json_object_per_event(server):
    output = run("recognize", CLIP, "--stream", "--json", "--server", server.address)
    assert output.returncode == 0, output.stderr
    events = [json.loads(line) for line in output.stdout.splitlines()]
    kinds = [event["event"] for event in events]
    assert (kinds[0], kinds[-1]) == ("started", "ended")
    assert {"interim", "final", "speech_begin", "speech_end"} <= set(kinds)
    assert {event["file"] for event in events} == {str(CLIP)}
    assert events[0]["model"]["name"] == "cnn"
    assert (events[-1]["reason"], events[-1]["utterances"]) == ("finished", kinds.count("final"))
    for event in events:
        if event["event"] == "final":
            assert abs(sum(event["probabilities"].values()) - 1) < 1e-4


def test_keys_and_certificates_are_options(own_server, papers):
    files = {"certificate": "local.pem", "key": "local.key", "client_ca": "ca.pem"}
    server = own_server(
        "auth.keys=true", "auth.refresh=20ms", *(f"tls.{name}={papers / file}" for name, file in files.items())
    )
    create = [STAGE / "bin/undertone", "keys", "create", "test", "--data-dir", server.folder.name]
    key = subprocess.run(create, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout.strip()
    shown = ["--ca", papers / "ca.pem", "--certificate", papers / "client.pem", "--key", papers / "client.key"]
    door = ["--server", f"https://{server.address}"]

    def is_known():
        return run("models", *door, *shown, "--api-key", key).returncode == 0

    until(is_known, "the server has read its keys again")
    assert b"UNAUTHENTICATED" in run("models", *door, *shown).stderr
    assert run("models", *door, "--ca", papers / "ca.pem", "--api-key", key).returncode == 1


def test_what_was_given_wrong_is_one_line():
    wrong = (
        ["--server", "ftp://nowhere"],
        ["--ca", "nowhere.pem"],
        ["--certificate", "nowhere.pem"],
    )
    for arguments in wrong:
        output = run("models", *arguments)
        assert output.returncode == 1
        assert output.stderr.startswith(b"undertone: ")
        assert output.stderr.count(b"\n") == 1, output.stderr


def test_models_are_listed_and_a_server_that_is_not_there_is_a_sentence(server):
    assert b"* cnn@" in run("models", "--server", server.address).stdout
    output = run("models", "--server", "127.0.0.1:1")
    assert output.returncode == 1
    assert output.stderr.startswith(b"undertone: ")
    assert b"Traceback" not in output.stderr
