"""The examples of docs/open-inference.md, as its reader runs them. Arguments: the addresses of gRPC and of HTTP, and a clip."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

grpc_address, http_address, clip = sys.argv[1:]
page = (Path(__file__).parents[2] / "docs/open-inference.md").read_text()
page = page.replace("127.0.0.1:50151", grpc_address).replace("127.0.0.1:8151", http_address)
stage = Path(os.environ["UNDERTONE_STAGE"])
# A refusal fails, as it does not for a reader, who sees it.
CURL = 'set -e -o pipefail\ncurl() { command curl --fail-with-body --silent --show-error "$@" && echo; }\n'


def blocks(language):
    """The examples in a language, which follow one another."""
    found = re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)
    assert found, language
    return "\n".join(found)


def run(*command):
    """What a command prints; it must not fail."""
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


with tempfile.TemporaryDirectory() as folder:
    environment = {**os.environ, "PATH": f"{stage / 'bin'}:{os.environ['PATH']}", "ORT_DISABLE_TELEMETRY": "1"}
    (Path(folder) / "talk.wav").write_bytes(Path(clip).read_bytes())
    features = re.search(r"# (undertone features .*)", page)
    run("bash", "-c", features[1])
    tables = run(sys.executable, "-c", blocks("python"))
    assert tables.count("[[") == 2, tables
    told = run("bash", "-c", CURL + blocks("sh"))
    assert '"probabilities"' in told and '"model_stats"' in told, told
    print("the examples of the page run")
