"""Experiments between models. ``client.experiments``; assignment without a server is in ``undertone.assignment``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from undertone import assignment
from undertone.errors import UndertoneError, UsageError
from undertone.unary import Ask, moment
from undertone.v1 import experiments_pb2 as v1

_SERVICE = "/undertone.v1.Experiments"

ReportFormat: TypeAlias = Literal["text", "json", "html"]
"""How a report is written."""


@dataclass(frozen=True)
class Arm:
    """A model that takes part."""

    name: str
    model: str
    """``NAME`` or ``NAME@VERSION``."""
    weight: float
    """Percent of the units."""
    shadow: bool
    """Whether its answers are recorded only."""
    control: bool
    """Whether the others are compared with it."""
    stopped: str
    """Why it was stopped; empty: it was not."""


@dataclass(frozen=True)
class Change:
    """A change of an experiment."""

    revision: int
    at: datetime
    who: str
    what: str
    why: str
    state: str
    """The state after it."""


@dataclass(frozen=True)
class Experiment:
    """An experiment as it is now."""

    name: str
    state: str
    """draft, running, paused, decided or archived."""
    revision: int
    definition: dict[str, Any]
    arms: tuple[Arm, ...]
    chosen: str
    """The arm that was promoted; empty: none."""
    updated_at: datetime
    allotment: assignment.Experiment | None = None
    """What the arm of a unit follows from: ``allotment.assign(key)`` gives its place in ``arms``, without asking.
    Whether the experiment runs, and takes the unit by its labels, is yours to look at. None: the server is too old."""
    changes: tuple[Change, ...] = ()
    """The oldest first; where one experiment was asked for."""


@dataclass(frozen=True)
class Assigned:
    """What an experiment has for a unit."""

    arm: str
    """Empty: the experiment does not take the unit."""
    model: str
    reason: str
    """Why it is not taken; empty where it is."""


class AsyncExperiments:
    """``undertone.v1.Experiments``. Every change is kept with ``who`` made it and ``why``."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def list(self) -> tuple[Experiment, ...]:
        """All experiments, by name. ``UndertoneError`` where the server tells of one what cannot be."""
        reply = await self._ask(f"{_SERVICE}/ListExperiments", v1.ListExperimentsRequest(), v1.ListExperimentsResponse)
        return tuple(_read(own) for own in reply.experiments)

    async def get(self, name: str) -> Experiment:
        """One experiment, with everybody who changed it."""
        request = v1.GetExperimentRequest(name=name)
        reply = await self._ask(f"{_SERVICE}/GetExperiment", request, v1.GetExperimentResponse)
        changes = (Change(own.revision, moment(own.at), own.who, own.what, own.why, own.state) for own in reply.changes)
        return _read(reply.experiment, tuple(changes))

    async def assign(self, name: str, key: str, labels: Mapping[str, str] | None = None) -> Assigned:
        """The arm of a subject key. Nothing is recorded."""
        request = v1.AssignRequest(name=name, key=key, labels=dict(labels or {}))
        reply = await self._ask(f"{_SERVICE}/Assign", request, v1.AssignResponse)
        return Assigned(reply.arm, reply.model, reply.reason)

    async def report(self, name: str, format: ReportFormat = "text") -> str:
        """What the answers say. Its intervals hold at every look."""
        formats = {
            "text": v1.REPORT_FORMAT_TEXT,
            "json": v1.REPORT_FORMAT_JSON,
            "html": v1.REPORT_FORMAT_HTML,
        }
        if format not in formats:
            raise UsageError(f"a report is written as {', '.join(formats)}, not as {format!r}")
        request = v1.GetReportRequest(name=name, format=formats[format])
        return (await self._ask(f"{_SERVICE}/GetReport", request, v1.GetReportResponse)).content

    async def create(self, definition: Mapping[str, Any], *, who: str, why: str) -> Experiment:
        """Keeps a definition as a draft; ``InvalidArgument.violations`` name everything that is wrong with it."""
        try:
            text = json.dumps(definition)
        except (TypeError, ValueError) as error:
            raise UsageError(f"the definition cannot be written as JSON: {error}") from error
        request = v1.CreateExperimentRequest(definition=text, who=who, why=why)
        path = f"{_SERVICE}/CreateExperiment"
        return _read((await self._ask(path, request, v1.CreateExperimentResponse, once=True)).experiment)

    async def start(self, name: str, *, who: str, why: str) -> Experiment:
        """Assigns units, for the first time or again."""
        return await self._change(v1.ChangeExperimentRequest(name=name, who=who, why=why, start=v1.StartStep()))

    async def ramp(self, name: str, weights: Mapping[str, float], *, who: str, why: str) -> Experiment:
        """Changes the weights, in percent by arm. The control takes the rest; other arms keep theirs."""
        step = v1.RampStep(weights=dict(weights))
        return await self._change(v1.ChangeExperimentRequest(name=name, who=who, why=why, ramp=step))

    async def pause(self, name: str, *, who: str, why: str) -> Experiment:
        """Assigns no units for now."""
        return await self._change(v1.ChangeExperimentRequest(name=name, who=who, why=why, pause=v1.PauseStep()))

    async def stop(self, name: str, *, who: str, why: str) -> Experiment:
        """Ends it; everybody gets what they would get without it."""
        return await self._change(v1.ChangeExperimentRequest(name=name, who=who, why=why, stop=v1.StopStep()))

    async def promote(self, name: str, arm: str, *, who: str, why: str) -> Experiment:
        """Ends it; everybody whom it would take gets an arm's model."""
        step = v1.PromoteStep(arm=arm)
        return await self._change(v1.ChangeExperimentRequest(name=name, who=who, why=why, promote=step))

    async def archive(self, name: str, *, who: str, why: str) -> Experiment:
        """Puts it away."""
        return await self._change(v1.ChangeExperimentRequest(name=name, who=who, why=why, archive=v1.ArchiveStep()))

    async def _change(self, request: v1.ChangeExperimentRequest) -> Experiment:
        # A step that was taken and whose reply was lost would be refused the second time.
        path = f"{_SERVICE}/ChangeExperiment"
        return _read((await self._ask(path, request, v1.ChangeExperimentResponse, once=True)).experiment)


def _read(wire: v1.Experiment, changes: tuple[Change, ...] = ()) -> Experiment:
    return Experiment(
        name=wire.name,
        state=wire.state,
        revision=wire.revision,
        definition=json.loads(wire.definition or "{}"),
        arms=tuple(Arm(own.name, own.model, own.weight, own.shadow, own.control, own.stopped) for own in wire.arms),
        chosen=wire.chosen,
        updated_at=moment(wire.updated_at),
        allotment=_allotment(wire) if wire.HasField("allotment") else None,
        changes=changes,
    )


def _allotment(wire: v1.Experiment) -> assignment.Experiment:
    told = wire.allotment
    layer, holdout = told.layer, told.holdout
    return assignment.Experiment(
        salt=told.salt,
        allocation=_allocation(wire),
        slot=assignment.Slot(layer.name, getattr(layer, "from"), layer.until) if told.HasField("layer") else None,
        holdout=assignment.Holdout(holdout.name, holdout.buckets) if told.HasField("holdout") else None,
    )


def _allocation(wire: v1.Experiment) -> assignment.Allocation:
    places = {arm.name: place for place, arm in enumerate(wire.arms)}
    for number, run in enumerate(wire.allotment.runs):
        if run.arm not in places:
            known = ", ".join(map(repr, places)) or "none"
            what = f"allotment.runs[{number}] names the arm {run.arm!r}; there are {known}"
            raise UndertoneError(f"experiment {wire.name!r}: {what}")
    try:
        return assignment.Allocation([assignment.Run(run.until, places[run.arm]) for run in wire.allotment.runs])
    except UsageError as error:
        raise UndertoneError(f"experiment {wire.name!r}: {error}") from None
