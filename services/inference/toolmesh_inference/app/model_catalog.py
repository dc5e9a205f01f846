"""The models that are served: found by name, loaded once, the default ones at the start and the others at first use."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from toolmesh_core.errors import NotFound
from toolmesh_inference.app.measures import queue_depth
from toolmesh_inference.app.ports import EmbeddingEngine, TextEngine
from toolmesh_inference.app.request_queue import RequestQueue
from toolmesh_inference.domain.model_card import ModelCard

E = TypeVar("E", bound=TextEngine | EmbeddingEngine)
_DEFAULT_NAMES = ("", "default")


@dataclass(frozen=True)
class ModelSource(Generic[E]):
    """A model that can be loaded."""

    card: ModelCard
    open: Callable[[], Awaitable[E]]


class ServedModel(Generic[E]):
    """A model with its queue, and its engine once it is loaded."""

    def __init__(self, source: ModelSource[E], most_waiting: int) -> None:
        self.card = source.card
        depth = queue_depth.labels(self.card.id)
        self.queue = RequestQueue(self.card.id, self.card.parallel_requests, most_waiting, depth.set)
        self._source = source
        self._opening = asyncio.Lock()
        self._engine: E | None = None

    async def engine(self) -> E:
        """The engine; loads it at the first call."""
        if self._engine is None:
            async with self._opening:
                if self._engine is None:
                    self._engine = await self._source.open()
        return self._engine

    async def close(self) -> None:
        """Unloads it."""
        if self._engine is not None:
            await self._engine.close()

    def check_adapter(self, name: str) -> None:
        """Raises NotFound where the model has no such adapter."""
        if name and name not in self.card.adapters:
            has = ", ".join(self.card.adapters) or "none"
            raise NotFound(f"model {self.card.id!r} has no adapter {name!r}; it has {has}", reason="ADAPTER_NOT_FOUND")


class ModelCatalog:
    """All models of this process; the first of each task is its default.

    Args:
        text, embedding: the models, the default one first.
        most_waiting: the most requests that may wait for one model.
    """

    def __init__(
        self,
        text: Sequence[ModelSource[TextEngine]],
        embedding: Sequence[ModelSource[EmbeddingEngine]],
        most_waiting: int,
    ) -> None:
        self._text = {source.card.id: ServedModel(source, most_waiting) for source in text}
        self._embedding = {source.card.id: ServedModel(source, most_waiting) for source in embedding}

    async def open_defaults(self) -> None:
        """Loads the default models, so that a bad one fails the start."""
        if self._text:
            await next(iter(self._text.values())).engine()
        if self._embedding:
            await next(iter(self._embedding.values())).engine()

    def text_model(self, name: str) -> ServedModel[TextEngine]:
        """The text model of a name; NotFound where there is none."""
        return _named(self._text, name, "text model")

    def embedding_model(self, name: str) -> ServedModel[EmbeddingEngine]:
        """The embedding model of a name; NotFound where there is none."""
        return _named(self._embedding, name, "embedding model")

    def any_model(self, name: str) -> ServedModel[TextEngine] | ServedModel[EmbeddingEngine]:
        """The model of a name, whatever its task; the default is the text model."""
        return self._embedding[name] if name in self._embedding else self.text_model(name)

    def cards(self) -> list[tuple[ModelCard, bool]]:
        """Every model and whether it is its task's default, ordered by id."""
        text = [(model.card, place == 0) for place, model in enumerate(self._text.values())]
        embedding = [(model.card, place == 0) for place, model in enumerate(self._embedding.values())]
        return sorted(text + embedding, key=lambda pair: pair[0].id)

    async def close(self) -> None:
        """Unloads all."""
        for text_model in self._text.values():
            await text_model.close()
        for embedding_model in self._embedding.values():
            await embedding_model.close()


def _named(served: dict[str, ServedModel[E]], name: str, noun: str) -> ServedModel[E]:
    if name in _DEFAULT_NAMES and served:
        return next(iter(served.values()))
    if name not in served:
        has = ", ".join(sorted(served)) or "none"
        raise NotFound(f"there is no {noun} {name!r}; served here: {has}", reason="MODEL_NOT_FOUND")
    return served[name]
