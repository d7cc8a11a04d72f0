"""Which models a server has. ``client.models``."""

from __future__ import annotations

from dataclasses import dataclass

from undertone.results import ModelRef, read_model
from undertone.unary import Ask
from undertone.v1 import models_pb2 as v1

_SERVICE = "/undertone.v1.Models"


@dataclass(frozen=True)
class Model:
    """A model that can be asked."""

    reference: ModelRef
    description: str
    is_default: bool
    """Whether it answers when no model is named."""
    labels: tuple[str, ...]
    """In the order of its probabilities."""
    licence: str
    """Licence of the weights."""
    accuracy: float
    """On speakers that it was not trained on, 0 to 1, as its card states it."""
    unweighted_average_recall: float
    """Of the same clips, 0 to 1."""
    test_speakers: tuple[str, ...]
    """Speakers kept for testing; none when it learnt from every speaker, and the figures are those of its recipe."""
    train_speakers: tuple[str, ...]
    """Speakers it was trained on, by whom it cannot be judged."""
    abstain_below: float | None
    """An answer with a lower confidence abstains, unless the server is set to another; None: it names none."""
    coverage: float | None
    """Share of utterances whose ``plausible`` labels hold the true one; None: results carry no such sets."""


@dataclass(frozen=True)
class RefusedBundle:
    """A bundle that the server found and refused."""

    path: str
    reason: str


@dataclass(frozen=True)
class Models:
    """A server's models."""

    models: tuple[Model, ...]
    """Those that can be asked, sorted by name and version."""
    refused: tuple[RefusedBundle, ...]
    """Those that were found and refused."""

    def default(self) -> Model | None:
        """The one that answers when no model is named."""
        return next((model for model in self.models if model.is_default), None)


class AsyncModels:
    """``undertone.v1.Models``."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def list(self) -> Models:
        """Every loaded model and every refused bundle."""
        reply = await self._ask(f"{_SERVICE}/ListModels", v1.ListModelsRequest(), v1.ListModelsResponse)
        refused = tuple(RefusedBundle(own.path, own.reason) for own in reply.refused)
        return Models(tuple(_read(model) for model in reply.models), refused)

    async def get(self, model: str) -> Model:
        """What is known about ``NAME`` or ``NAME@VERSION``."""
        return _read((await self._get(model)).model)

    async def card(self, model: str) -> str:
        """The model's card, Markdown."""
        return (await self._get(model)).card

    async def _get(self, model: str) -> v1.GetModelResponse:
        return await self._ask(f"{_SERVICE}/GetModel", v1.GetModelRequest(model=model), v1.GetModelResponse)


def _read(wire: v1.Model) -> Model:
    calibration = wire.calibration
    return Model(
        reference=read_model(wire.reference),
        description=wire.description,
        is_default=wire.is_default,
        labels=tuple(wire.labels),
        licence=wire.licence,
        accuracy=wire.accuracy,
        unweighted_average_recall=wire.unweighted_average_recall,
        test_speakers=tuple(wire.test_speakers),
        train_speakers=tuple(wire.train_speakers),
        abstain_below=calibration.abstain_below if calibration.HasField("abstain_below") else None,
        coverage=calibration.conformal.coverage if calibration.HasField("conformal") else None,
    )
