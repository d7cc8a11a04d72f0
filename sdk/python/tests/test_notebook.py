"""The notebook runs from its first cell to its last, and draws."""

import json

import matplotlib
import pytest
from conftest import CLIP, REPOSITORY

NOTEBOOK = REPOSITORY / "sdk/python/examples/emotions-over-time.ipynb"


@pytest.fixture
def cells():
    notebook = json.loads(NOTEBOOK.read_text())
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"), "committed without"
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_draws_every_emotion_of_every_utterance(server, monkeypatch, capsys, cells):
    matplotlib.use("Agg")
    monkeypatch.setenv("UNDERTONE_SERVER", server.address)
    monkeypatch.setenv("UNDERTONE_RECORDING", str(CLIP))
    names = {}
    for cell in cells:
        exec(compile(cell, str(NOTEBOOK), "exec"), names)
    answer, axes = names["answer"], names["axes"]
    lines = axes.get_lines()
    assert len(lines) == len(names["labels"]) * len(answer.utterances)
    for place, utterance in enumerate(answer.utterances):
        drawn = {line.get_label(): line.get_ydata()[-1] for line in lines[place * 8 : (place + 1) * 8]}
        assert drawn == pytest.approx(utterance.probabilities), "each line ends at the final answer"
    assert capsys.readouterr().out.count("told after") == len(answer.utterances)
