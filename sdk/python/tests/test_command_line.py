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
    assert output.stderr == b"undertone: nowhere.wav: No such file or directory\n"
    assert b"cnn@" in output.stdout


def test_events_of_a_stream_are_json_lines(server):
    output = run("recognize", CLIP, "--stream", "--json", "--server", server.address)
    assert output.returncode == 0, output.stderr
    events = [json.loads(line) for line in output.stdout.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["Started", "Ended"]
    finals = [event for event in events if event["event"] == "Final"]
    assert len(finals) == events[-1]["utterances"] > 0
    assert finals[0]["trigger"] == "SILENCE"
    assert sum(finals[0]["probabilities"].values()) > 0.99
    assert events[0]["model"].startswith("cnn@")


def test_what_cannot_be_used_is_a_sentence_and_no_traceback():
    for wrong in (["--server", "ftp://nowhere"], ["--ca", "nowhere.pem"], ["--client-certificate", "nowhere.pem"]):
        output = run("models", *wrong)
        assert output.returncode == 1
        assert output.stderr.startswith(b"undertone: "), output.stderr
        assert b"Traceback" not in output.stderr


def test_a_key_is_an_option(own_server):
    server = own_server("auth.keys=true", "auth.refresh=20ms")
    create = [STAGE / "bin/undertone", "keys", "create", "test", "--data-dir", server.folder.name]
    key = subprocess.run(create, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout.strip()
    asked = ["models", "--server", server.address]
    until(lambda: run(*asked, "--api-key", key).returncode == 0, "the server has read its keys again")
    assert b"UNAUTHENTICATED" in run(*asked).stderr


def test_models_are_listed_and_a_server_that_is_not_there_is_a_sentence(server):
    assert b"* cnn@" in run("models", "--server", server.address).stdout
    output = run("models", "--server", "127.0.0.1:1")
    assert output.returncode == 1
    assert output.stderr.startswith(b"undertone: ")
    assert b"Traceback" not in output.stderr
