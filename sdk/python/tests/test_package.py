"""The wheel as a stranger installs it, and the house rules for the code in it."""

import inspect
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import requires
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


def test_the_source_distribution_makes_the_stubs_itself(tmp_path):
    source, wheel = tmp_path / "source", tmp_path / "wheel"
    # Under a folder of its own, so that no stub and no proto of the repository is near.
    build = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", source]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    (packed,) = source.glob("*.tar.gz")
    make = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", wheel, packed]
    output = subprocess.run([sys.executable, "-m", "pip", *make], cwd=tmp_path, capture_output=True, text=True)
    assert output.returncode == 0, output.stderr
    (made,) = wheel.glob("*.whl")
    names = zipfile.ZipFile(made).namelist()
    for service in ("recognizer", "experiments", "models", "feedback", "analytics"):
        assert f"undertone/v1/{service}_pb2.py" in names
        assert f"undertone/v1/{service}_pb2.pyi" in names


def test_the_oldest_protobuf_that_is_asked_for_runs_the_stubs():
    stubs = Path(undertone.__file__).parent / "v1/recognizer_pb2.py"
    # The stubs look at the version of protobuf when they are loaded, and refuse an older one than their maker's.
    made_by = re.search(r"Protobuf Python Version: (\S+)", stubs.read_text())[1]
    asked = next(own for own in requires("undertone") if own.startswith("protobuf"))
    assert f">={made_by}" in asked


@pytest.mark.parametrize("page", ["README.md", "docs/sdk-python.md", "sdk/python/README.md"])
def test_the_examples_of_the_pages_run(server, tmp_path, page, monkeypatch):
    (tmp_path / "talk.wav").write_bytes(CLIP.read_bytes())
    monkeypatch.chdir(tmp_path)
    # The examples of a page follow one another, as they do for its reader.
    blocks = [block for block in python_blocks(REPOSITORY / page) if "tritonclient" not in block]
    program = "\n".join(blocks).replace("127.0.0.1:50151", server.address)
    output = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True)
    assert output.returncode == 0, output.stderr


@pytest.mark.parametrize("method", ["__init__", "recognize", "stream"])
def test_both_clients_take_the_same_and_say_so(method):
    both = [getattr(client, method) for client in (undertone.AsyncClient, undertone.Client)]
    asyncio_takes, plain_takes = (inspect.signature(own).parameters for own in both)
    assert asyncio_takes == plain_takes
    assert inspect.getdoc(both[0]) == inspect.getdoc(both[1])


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
