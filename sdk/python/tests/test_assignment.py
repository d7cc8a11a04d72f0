"""Assignment against the vectors that the server's own crate is held to."""

import json
import os
from pathlib import Path

import pytest
from conftest import REPOSITORY

from undertone.assignment import BUCKETS, Allocation, Experiment, Holdout, Run, Slot, bucket


@pytest.fixture(scope="module")
def vectors():
    return json.loads((REPOSITORY / "crates/experiments/reference/assignment.json").read_text())


def read(asked):
    return Experiment(
        salt=asked["salt"],
        allocation=Allocation([Run(*run) for run in asked["runs"]]),
        slot=Slot(asked["slot"]["layer"], asked["slot"]["from"], asked["slot"]["until"]),
        holdout=Holdout(asked["holdout"]["salt"], asked["holdout"]["buckets"]),
    )


def test_buckets_are_those_of_the_vectors(vectors):
    for purpose, salt, key, expected in vectors["buckets"]:
        assert bucket(purpose, salt, key) == expected, (purpose, salt, key)


def test_an_experiment_assigns_as_the_vectors_say(vectors):
    asked = vectors["experiment"]
    experiment = read(asked)
    assert Allocation.of_weights(asked["weights"]).runs == experiment.allocation.runs
    for key, expected in asked["outcomes"].items():
        assert experiment.assign(key) == (expected if isinstance(expected, int) else expected.replace(" ", "_"))


def test_kept_runs_say_whose_every_bucket_is(vectors):
    for own in vectors["allocations"]:
        allocation, start = Allocation([Run(*run) for run in own["runs"]]), 0
        counts = [0] * len(own["history"][-1])
        for until, arm in own["runs"]:
            assert {allocation.arm(place) for place in range(start, until)} == {arm}
            counts[arm] += until - start
            start = until
        assert counts == own["history"][-1]


@pytest.mark.parametrize("ends", [[], [0, BUCKETS], [5000], [6000, 5000, BUCKETS], [BUCKETS + 1]])
def test_runs_that_do_not_cover_all_buckets_are_refused(ends):
    with pytest.raises(ValueError, match="runs of buckets"):
        Allocation([Run(end, 0) for end in ends])


def test_all_keys_of_the_other_languages_get_the_same_arms():
    file = os.environ.get("UNDERTONE_ASSIGNMENTS")
    if file is None:
        pytest.skip("UNDERTONE_ASSIGNMENTS names no file; `cargo xtask test` makes one")
    asked = json.loads(Path(file).read_text())
    experiment = read(asked)
    assert len(asked["keys"]) == 1_000_000
    assert [experiment.assign(key) for key in asked["keys"]] == asked["outcomes"]
