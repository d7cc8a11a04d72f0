"""The examples of docs/open-inference.md, and that of README.md for tritonclient, as their reader runs them. Arguments: the
addresses of gRPC and of HTTP, and a clip."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

grpc_address, http_address, clip = sys.argv[1:]
repository = Path(__file__).parents[2]
stage = Path(os.environ["UNDERTONE_STAGE"])
PAGE = "docs/open-inference.md"
# A refusal fails, as it does not for a reader, who sees it.
CURL = 'set -e -o pipefail\ncurl() { command curl --fail-with-body --silent --show-error "$@" && echo; }\n'


def text(page):
    """A page, with the addresses of this server."""
    return (repository / page).read_text().replace("127.0.0.1:50151", grpc_address).replace("127.0.0.1:8151", http_address)


def blocks(page, language, about=""):
    """The examples in a language that say something about a matter; they follow one another."""
    found = [block for block in re.findall(rf"```{language}\n(.*?)```", text(page), flags=re.DOTALL) if about in block]
    assert found, (page, language)
    return "\n".join(found)


def run(*command):
    """What a command prints; it must not fail."""
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


with tempfile.TemporaryDirectory() as folder:
    environment = {**os.environ, "PATH": f"{stage / 'bin'}:{os.environ['PATH']}", "ORT_DISABLE_TELEMETRY": "1"}
    (Path(folder) / "talk.wav").write_bytes(Path(clip).read_bytes())
    features = re.search(r"# (undertone features .*)", text(PAGE))
    run("bash", "-c", features[1])
    tables = run(sys.executable, "-c", blocks(PAGE, "python"))
    assert tables.count("[[") == 2, tables
    table = run(sys.executable, "-c", blocks("README.md", "python", "tritonclient"))
    assert table.count("[[") == 1, table
    told = run("bash", "-c", CURL + blocks(PAGE, "sh"))
    assert '"probabilities"' in told and '"model_stats"' in told, told
    print("the examples run")
