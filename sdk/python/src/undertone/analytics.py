"""Figures about what was recorded. ``client.analytics``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from undertone.errors import UsageError
from undertone.unary import Ask, moment, timestamp
from undertone.v1 import analytics_pb2 as v1

if TYPE_CHECKING:
    import pandas
    import polars

_Wire = TypeVar("_Wire")

_SERVICE = "/undertone.v1.Analytics"
_BINS = 20

Step: TypeAlias = Literal["minute", "hour", "day"]
"""Length of a bucket of time."""
Part: TypeAlias = Literal["model", "version", "arm", "role"]
"""What answers are told apart by, beside the time."""
Role: TypeAlias = Literal["live", "shadow"]
"""Whether answers were sent to clients, or recorded only."""

_STEPS = {"minute": v1.STEP_MINUTE, "hour": v1.STEP_HOUR, "day": v1.STEP_DAY}
_PARTS = {
    "model": v1.GROUP_BY_MODEL,
    "version": v1.GROUP_BY_VERSION,
    "arm": v1.GROUP_BY_ARM,
    "role": v1.GROUP_BY_ROLE,
}
_ROLES = {None: v1.ANSWER_ROLE_UNSPECIFIED, "live": v1.ANSWER_ROLE_LIVE, "shadow": v1.ANSWER_ROLE_SHADOW}


@dataclass(frozen=True)
class Table:
    """Rows of equal keys."""

    rows: tuple[dict[str, Any], ...]

    def to_pandas(self) -> pandas.DataFrame:
        """As a data frame of pandas, which is to be installed."""
        import pandas

        return pandas.DataFrame.from_records(self.rows)

    def to_polars(self) -> polars.DataFrame:
        """As a data frame of polars, which is to be installed."""
        import polars

        return polars.from_dicts(list(self.rows)) if self.rows else polars.DataFrame()


def _one_of(name: str, value: object, known: Mapping[Any, _Wire]) -> _Wire:
    try:
        return known[value]
    except (KeyError, TypeError):
        words = ", ".join(repr(word) for word in known)
        raise UsageError(f"{name} is one of {words}, not {value!r}") from None


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time, in buckets. Start and end count as the starts of the buckets that they lie in."""

    start: datetime | None = None
    """None: a day before the end."""
    end: datetime | None = None
    """Left out, with its bucket; None: now, with the bucket that is not over yet."""
    step: Step = "hour"

    def to_wire(self) -> v1.AnalyticsRange:
        """As a message."""
        wire = v1.AnalyticsRange(step=_one_of("step", self.step, _STEPS))
        if self.start is not None:
            wire.start.CopyFrom(timestamp(self.start))
        if self.end is not None:
            wire.end.CopyFrom(timestamp(self.end))
        return wire


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which answers count; what is empty asks for all."""

    models: Sequence[str] = ()
    versions: Sequence[str] = ()
    arms: Sequence[str] = ()
    """Arms of experiments, an empty text for answers outside of them."""
    role: Role | None = None
    subject: str = ""
    """A subject key as clients give it."""
    label: tuple[str, str] | None = None
    """A label of the stream, and its value."""

    def to_wire(self) -> v1.AnalyticsFilter:
        """As a message."""
        key, value = self.label or ("", "")
        return v1.AnalyticsFilter(
            models=self.models,
            versions=self.versions,
            arms=self.arms,
            role=_one_of("role", self.role, _ROLES),
            subject_key=self.subject,
            label_key=key,
            label_value=value,
        )


@dataclass(frozen=True)
class Judgements:
    """How answers that somebody judged compare with what is right."""

    groups: Table
    """Per group ``judged``, ``right``, ``without_truth`` (wrong ones of which nobody said what is right) and
    ``expected_calibration_error``."""
    confusion: Table
    """Per group, ``truth`` and ``answer``: ``answers``."""
    calibration: Table
    """Per group and bin of confidence, ``at_least`` and ``below``: ``answers``,
    ``mean_confidence`` and ``accuracy``."""


_ALL_DAY, _ALL = Span(), Filter()


class AsyncAnalytics:
    """``undertone.v1.Analytics``. Rows hold ``model``, ``version``, ``arm`` and ``role`` where ``by`` names them."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def emotions(self, span: Span = _ALL_DAY, filter: Filter = _ALL, by: Sequence[Part] = ()) -> Table:
        """How often each emotion was heard.

        One row per group, bucket and label: ``start``, ``label``, ``answers``, ``share`` (of the bucket's answers, 0 to
        1), and of the bucket ``abstained``, ``mean_confidence`` and ``speech_seconds``.
        """
        request = v1.QueryEmotionsRequest(range=span.to_wire(), filter=filter.to_wire(), group_by=_groups(by))
        reply = await self._ask(f"{_SERVICE}/QueryEmotions", request, v1.QueryEmotionsResponse)
        return Table(
            tuple(
                _group(series.group, by)
                | {"start": moment(point.start), "label": own.label, "answers": own.answers, "share": own.share}
                | {"abstained": point.abstained, "mean_confidence": point.mean_confidence}
                | {"speech_seconds": point.speech_seconds}
                for series in reply.series
                for point in series.points
                for own in point.shares
            )
        )

    async def confidence(self, span: Span = _ALL_DAY, filter: Filter = _ALL, by: Sequence[Part] = ()) -> Table:
        """How sure the answers were: one row per group and bin, ``at_least``, ``below`` and ``answers``."""
        request = v1.QueryConfidenceRequest(range=span.to_wire(), filter=filter.to_wire(), group_by=_groups(by))
        reply = await self._ask(f"{_SERVICE}/QueryConfidence", request, v1.QueryConfidenceResponse)
        return Table(
            tuple(
                _group(own.group, by) | {"at_least": place / _BINS, "below": (place + 1) / _BINS, "answers": answers}
                for own in reply.histograms
                for place, answers in enumerate(own.bins)
            )
        )

    async def latency(self, span: Span = _ALL_DAY, filter: Filter = _ALL, by: Sequence[Part] = ()) -> Table:
        """Where the server's time went: one row per group, ``part`` and bucket, with quantiles in seconds."""
        request = v1.QueryLatencyRequest(range=span.to_wire(), filter=filter.to_wire(), group_by=_groups(by))
        reply = await self._ask(f"{_SERVICE}/QueryLatency", request, v1.QueryLatencyResponse)
        return Table(
            tuple(
                _group(series.group, by)
                | {"part": series.part, "start": moment(own.start), "answers": own.answers}
                | {"p50_seconds": own.p50_seconds, "p95_seconds": own.p95_seconds, "p99_seconds": own.p99_seconds}
                for series in reply.series
                for own in series.points
            )
        )

    async def agreement(self, span: Span = _ALL_DAY) -> Table:
        """How often models say the same: per pair ``left``, ``right``, ``utterances``, ``agreement`` and ``kappa``."""
        request = v1.QueryAgreementRequest(range=span.to_wire())
        reply = await self._ask(f"{_SERVICE}/QueryAgreement", request, v1.QueryAgreementResponse)
        names = ("left", "right", "utterances", "agreement", "kappa")
        return Table(tuple({name: getattr(own, name) for name in names} for own in reply.pairs))

    async def drift(self, span: Span, reference: Span, filter: Filter = _ALL, by: Sequence[Part] = ()) -> Table:
        """How far the answers of a time are from those of an earlier one: one row per group."""
        request = v1.QueryDriftRequest(
            range=span.to_wire(), reference=reference.to_wire(), filter=filter.to_wire(), group_by=_groups(by)
        )
        reply = await self._ask(f"{_SERVICE}/QueryDrift", request, v1.QueryDriftResponse)
        names = (
            "answers",
            "reference_answers",
            "emotions_divergence",
            "emotions_stability_index",
            "confidence_divergence",
            "confidence_stability_index",
        )
        return Table(
            tuple(_group(own.group, by) | {name: getattr(own, name) for name in names} for own in reply.drifts)
        )

    async def training_drift(self, span: Span = _ALL_DAY, filter: Filter = _ALL) -> Table:
        """How far what is heard, and what is answered, is from what the models learnt from.

        One row per version of a model and measure (``level``, ``snr``, ``speech``, ``f0``, ``labels``): ``model``,
        ``version``, ``measure``, ``answers``, ``divergence`` (Jensen-Shannon, in bits), ``stability_index`` and
        ``drifted``. A version that cannot be compared has one row without them, which says why in ``unavailable``.
        """
        request = v1.QueryTrainingDriftRequest(range=span.to_wire(), filter=filter.to_wire())
        reply = await self._ask(f"{_SERVICE}/QueryTrainingDrift", request, v1.QueryTrainingDriftResponse)
        return Table(tuple(row for own in reply.models for row in _training_drift(own)))

    async def judgements(self, span: Span = _ALL_DAY, filter: Filter = _ALL, by: Sequence[Part] = ()) -> Judgements:
        """How often answers were right, by what people said, and how far their confidence can be trusted."""
        request = v1.QueryJudgementsRequest(range=span.to_wire(), filter=filter.to_wire(), group_by=_groups(by))
        reply = await self._ask(f"{_SERVICE}/QueryJudgements", request, v1.QueryJudgementsResponse)
        groups = [(own, _group(own.group, by)) for own in reply.groups]
        names = ("judged", "right", "without_truth", "expected_calibration_error")
        return Judgements(
            groups=Table(tuple(group | {name: getattr(own, name) for name in names} for own, group in groups)),
            confusion=Table(
                tuple(
                    group | {"truth": cell.truth, "answer": cell.answer, "answers": cell.answers}
                    for own, group in groups
                    for cell in own.cells
                )
            ),
            calibration=Table(tuple(group | _bin(bin) for own, group in groups for bin in own.bins)),
        )


def _training_drift(wire: v1.TrainingDrift) -> list[dict[str, Any]]:
    version = {"model": wire.model, "version": wire.version}
    names = ("measure", "answers", "divergence", "stability_index", "drifted")
    if not wire.measures:
        nothing = dict.fromkeys(names) | {"answers": wire.answers}
        return [version | nothing | {"unavailable": wire.unavailable}]
    compared = [{name: getattr(own, name) for name in names} for own in wire.measures]
    return [version | row | {"unavailable": wire.unavailable} for row in compared]


def _bin(wire: v1.CalibrationBin) -> dict[str, Any]:
    # One of the fields bears the name of a keyword.
    at_least = getattr(wire, "from")
    figures = {"answers": wire.answers, "mean_confidence": wire.mean_confidence, "accuracy": wire.accuracy}
    return {"at_least": at_least, "below": wire.to} | figures


def _groups(by: Sequence[Part]) -> list[v1.GroupBy.ValueType]:
    return [_one_of("by", part, _PARTS) for part in by]


def _group(wire: v1.AnalyticsGroup, by: Sequence[Part]) -> dict[str, Any]:
    role = "shadow" if wire.role == v1.ANSWER_ROLE_SHADOW else "live"
    known = {"model": wire.model, "version": wire.version, "arm": wire.arm, "role": role}
    return {part: known[part] for part in by}
