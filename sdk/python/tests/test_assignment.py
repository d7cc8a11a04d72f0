"""Assignment against the vectors that the server's own crate is held to."""

import json
import os
from concurrent import futures
from pathlib import Path

import grpc
import pytest
from conftest import REPOSITORY
from undertone.v1 import experiments_pb2 as v1

from undertone import Client, UndertoneError, UsageError
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


@pytest.fixture
def told_by_a_server():
    """Makes a server that tells of one experiment, and gives what a client understands of it."""
    servers = []

    def tell(runs):
        arms = [v1.ExperimentArm(name=name) for name in ("old", "new")]
        experiment = v1.Experiment(name="trial", arms=arms, allotment=v1.Allotment(salt="pepper", runs=runs))
        reply = v1.GetExperimentResponse(experiment=experiment).SerializeToString()
        method = grpc.unary_unary_rpc_method_handler(lambda request, context: reply)
        server = grpc.server(futures.ThreadPoolExecutor(1))
        methods = {"GetExperiment": method}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("undertone.v1.Experiments", methods),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        with Client(f"127.0.0.1:{port}") as client:
            return client.experiments.get("trial")

    yield tell
    for server in servers:
        server.stop(None)


def test_an_allotment_that_cannot_be_is_told_with_what_and_where(told_by_a_server):
    half = v1.BucketRun(until=5000, arm="old")
    told = told_by_a_server([half, v1.BucketRun(until=BUCKETS, arm="new")])
    assert told.allotment.assign("person-17") in (0, 1)
    with pytest.raises(UndertoneError) as caught:
        told_by_a_server([half, v1.BucketRun(until=BUCKETS, arm="oracle")])
    assert str(caught.value) == ("experiment 'trial': allotment.runs[1] names the arm 'oracle'; there are 'old', 'new'")
    with pytest.raises(UndertoneError, match=r"experiment 'trial': runs of buckets .* not \[5000\]"):
        told_by_a_server([half])


def test_a_bucket_that_there_is_not_has_no_arm():
    allocation = Allocation.of_weights([5000, 5000])
    for none in (-1, BUCKETS):
        with pytest.raises(UsageError, match="buckets go from 0 to 9999"):
            allocation.arm(none)


def test_all_keys_of_the_other_languages_get_the_same_arms():
    file = os.environ.get("UNDERTONE_ASSIGNMENTS")
    if file is None:
        pytest.skip("UNDERTONE_ASSIGNMENTS names no file; `cargo xtask test` makes one")
    asked = json.loads(Path(file).read_text())
    experiment = read(asked)
    assert len(asked["keys"]) == 1_000_000
    assert [experiment.assign(key) for key in asked["keys"]] == asked["outcomes"]
