"""The wheel as a stranger installs it, and the house rules for the code in it."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CLIP, ENVIRONMENT, REPOSITORY

import undertone

PROJECT = REPOSITORY / "sdk/python"


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)


def test_the_wheel_alone_gives_a_first_result_in_under_ten_lines(server, tmp_path):
    wheel, wheels = os.environ.get("UNDERTONE_WHEEL"), os.environ.get("UNDERTONE_WHEELS")
    if wheel is None or wheels is None:
        pytest.skip("UNDERTONE_WHEEL and UNDERTONE_WHEELS name no wheels; `cargo xtask test` makes them")
    clean = tmp_path / "clean"
    # Where this suite finds the client would count as installed.
    environment = {key: value for key, value in ENVIRONMENT.items() if key != "PYTHONPATH"}
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", clean], check=True)
    install = ["--python", clean / "bin/python", "install", "--quiet", "--no-index", "--find-links", wheels, wheel]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, env=environment)
    program = python_blocks(PROJECT / "README.md")[0]
    assert len([line for line in program.splitlines() if line.strip()]) < 10
    (tmp_path / "talk.wav").write_bytes(CLIP.read_bytes())
    program = program.replace("127.0.0.1:50151", server.address)
    output = subprocess.run(
        [clean / "bin/python", "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert output.returncode == 0, output.stderr
    assert re.search(r"^2\.57 s  [a-z]+  \d+%$", output.stdout, flags=re.MULTILINE), output.stdout


@pytest.mark.parametrize("page", ["docs/sdk-python.md", "sdk/python/README.md"])
def test_the_examples_of_the_pages_run(server, tmp_path, page, monkeypatch):
    (tmp_path / "talk.wav").write_bytes(CLIP.read_bytes())
    monkeypatch.chdir(tmp_path)
    # The examples of a page follow one another, as they do for its reader.
    program = "\n".join(python_blocks(REPOSITORY / page)).replace("127.0.0.1:50151", server.address)
    output = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True)
    assert output.returncode == 0, output.stderr


@pytest.mark.parametrize("method", ["__init__", "recognize", "stream"])
def test_both_clients_take_the_same(method):
    asyncio_takes, plain_takes = (
        inspect.signature(getattr(client, method)).parameters for client in (undertone.AsyncClient, undertone.Client)
    )
    assert asyncio_takes == plain_takes


def test_types_are_strict():
    command = [sys.executable, "-m", "mypy", "--config-file", PROJECT / "pyproject.toml", "--no-incremental"]
    environment = {**ENVIRONMENT, "MYPYPATH": os.environ.get("PYTHONPATH", "")}
    output = subprocess.run([*command, "-p", "undertone"], env=environment, capture_output=True, text=True)
    assert output.returncode == 0, output.stdout


def test_the_code_is_linted_and_formatted():
    for task in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *task, "--no-cache", PROJECT]
        output = subprocess.run(command, capture_output=True, text=True)
        assert output.returncode == 0, output.stdout
