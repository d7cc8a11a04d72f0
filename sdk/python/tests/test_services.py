"""Feedback, experiments and analytics."""

from datetime import datetime, timedelta, timezone

import pytest
from conftest import CLIP

import undertone
from undertone import Client, Filter, Interval, Judgement, Participation, Span

DEFINITION = {
    "name": "greeting",
    "salt": "greeting-1",
    "unit": "subject",
    "control": "old",
    "planned_units": 600,
    "arms": [
        {"name": "old", "model": "cnn@1.2.0", "weight": 50},
        {"name": "new", "model": "lstm@1.1.0", "weight": 50},
    ],
    "metrics": [{"metric": "accuracy", "margin": 0.01}],
}


@pytest.fixture
def client(own_server):
    with Client(own_server().address) as client:
        yield client


def test_a_judgement_that_is_sent_again_is_known(client):
    answer = client.recognize(CLIP)
    first = Judgement(about=answer.utterances[0].prediction_id, label="angry", source="test")
    rest = Judgement(about=Interval(answer.stream_id, 0.0, answer.duration), correct=True)
    given = client.feedback.give(first, rest)
    assert (given.accepted, given.known) == (2, 0)
    given = client.feedback.give(first, rest)
    assert (given.accepted, given.known) == (0, 2)
    heard = Judgement(about=answer.utterances[0].prediction_id, label="hapy", source="test")
    assert client.feedback.give(first, heard).unknown_labels == ("hapy",)
    with pytest.raises(ValueError, match="not both"):
        Judgement(about="x", label="calm", correct=True)
    with pytest.raises(undertone.InvalidArgument):
        client.feedback.give(Judgement(about="no prediction", label="calm"))


def test_an_experiment_lives_from_its_definition_to_its_end(client):
    author = {"who": "ann", "why": "to see"}
    assert client.experiments.create(DEFINITION, **author).state == "draft"
    assert client.experiments.start("greeting", **author).state == "running"
    ramped = client.experiments.ramp("greeting", {"new": 20.0}, **author)
    assert {arm.name: arm.weight for arm in ramped.arms} == {"old": 80.0, "new": 20.0}
    assigned = client.experiments.assign("greeting", "person-17")
    assert assigned.arm in ("old", "new"), assigned
    assert "greeting" in client.experiments.report("greeting")
    assert client.experiments.promote("greeting", "new", **author).chosen == "new"
    kept = client.experiments.get("greeting")
    assert [change.who for change in kept.changes] == ["ann"] * 4
    assert kept.changes[0].at <= kept.updated_at <= datetime.now(timezone.utc)
    assert [own.name for own in client.experiments.list()] == ["greeting"]
    with pytest.raises(undertone.AlreadyExists):
        client.experiments.create(DEFINITION, **author)
    with pytest.raises(undertone.FailedPrecondition):
        client.experiments.start("greeting", **author)


def test_an_experiment_that_is_not_there_is_named(client):
    with pytest.raises(undertone.NotFound) as caught:
        client.experiments.get("oracle")
    assert caught.value.resource == "oracle"


def test_what_is_told_of_an_experiment_is_enough_to_know_its_arms_without_asking(client):
    author = {"who": "ann", "why": "to see"}
    layered = {"layer": {"name": "models", "from": 10, "until": 90}, "holdout": {"name": "2026", "percent": 5}}
    client.experiments.create({**DEFINITION, **layered}, **author)
    client.experiments.start("greeting", **author)
    client.experiments.ramp("greeting", {"new": 20.0}, **author)
    told = client.experiments.get("greeting")
    seen = set()
    for key in (f"person-{number}" for number in range(200)):
        place = told.allotment.assign(key)
        own = told.arms[place].name if isinstance(place, int) else ""
        assert own == client.experiments.assign("greeting", key).arm
        seen.add(own)
    assert seen == {"old", "new", ""}


def test_an_experiment_chooses_the_model_and_a_tester_the_arm(client):
    author = {"who": "ann", "why": "to see"}
    client.experiments.create(DEFINITION, **author)
    client.experiments.start("greeting", **author)
    assigned = client.experiments.assign("greeting", "ann")
    by_subject = client.recognize(CLIP, experiment="greeting", subject="ann")
    assert by_subject.participation == Participation("greeting", assigned.arm, False)
    assert str(by_subject.model) == assigned.model
    for arm, model in (("old", "cnn"), ("new", "lstm")):
        with client.stream(CLIP, experiment="greeting", arm=arm, subject="ann") as events:
            started = next(events)
        assert started.participation == Participation("greeting", arm, True)
        assert started.model.name == model
    assert client.recognize(CLIP, model="cnn").participation is None


def test_figures_are_rows_and_data_frames(client):
    answer = client.recognize(CLIP, subject="ann")
    client.recognize(CLIP, subject="ben", model="lstm")
    span = Span(step="day")
    emotions = client.analytics.emotions(span, by=["model"])
    counted = {}
    for row in emotions.rows:
        counted[row["model"]] = counted.get(row["model"], 0) + row["answers"]
    assert counted == {"cnn": len(answer.utterances), "lstm": len(answer.utterances)}
    only = client.analytics.emotions(span, Filter(models=["cnn"], subject="ann"))
    assert sum(row["share"] for row in only.rows) == pytest.approx(1)
    assert all(row["start"].tzinfo is not None for row in only.rows)
    for wrong, word in [(Span(step="year"), "step"), (span, "by")]:
        with pytest.raises(undertone.UsageError, match=f"{word} is one of"):
            client.analytics.emotions(wrong, by=["day"] if word == "by" else [])
    bins = client.analytics.confidence(span)
    assert len(bins.rows) == 20
    assert sum(row["answers"] for row in bins.rows) == 2 * len(answer.utterances)
    assert {row["part"] for row in client.analytics.latency(span).rows} == {"queue", "features", "inference"}
    assert client.analytics.agreement(span).rows == ()
    earlier = Span(end=datetime.now(timezone.utc) - timedelta(days=30))
    assert client.analytics.drift(span, earlier).rows == ()

    by_version = {row["version"]: row for row in client.analytics.training_drift(span, Filter(models=["cnn"])).rows}
    assert by_version, "each version that answered is told of"
    for row in by_version.values():
        assert (row["measure"] is None) == bool(row["unavailable"]), row

    frame = emotions.to_pandas()
    assert frame.groupby("model")["answers"].sum().to_dict() == counted
    frame = emotions.to_polars()
    assert frame["answers"].sum() == sum(counted.values())
    assert client.analytics.agreement(span).to_polars().is_empty()


def test_what_was_judged_is_counted_with_truth_and_confidence(client):
    answer = client.recognize(CLIP)
    first, *others = answer.utterances
    client.feedback.give(
        Judgement(about=first.prediction_id, correct=True),
        *(Judgement(about=own.prediction_id, label="no such emotion") for own in others),
    )
    judged = client.analytics.judgements(Span(step="day"), by=["model"])
    (group,) = judged.groups.rows
    assert (group["model"], group["judged"], group["right"]) == ("cnn", len(answer.utterances), 1)
    assert group["without_truth"] == 0
    cells = {(row["truth"], row["answer"]): row["answers"] for row in judged.confusion.rows}
    assert cells[first.top, first.top] == 1
    assert sum(answers for (truth, _), answers in cells.items() if truth == "no such emotion") == len(others)
    assert sum(row["answers"] for row in judged.calibration.rows) == len(answer.utterances)
    assert all(row["at_least"] <= row["mean_confidence"] <= row["below"] for row in judged.calibration.rows)
    nobody = client.analytics.judgements(Span(step="day"), Filter(subject="nobody"))
    assert nobody.groups.rows == ()
