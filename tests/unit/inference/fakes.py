"""Engines that say what they are told to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from toolmesh_inference.app.model_catalog import ModelCatalog, ModelSource
from toolmesh_inference.app.ports import Embeddings, TextEngine
from toolmesh_inference.domain.generation import (
    FinishReason,
    GenerationEnd,
    GenerationRequest,
    Prompt,
    Scores,
    TextPiece,
    Usage,
)
from toolmesh_inference.domain.model_card import EmbedKind, ModelCard, ModelTask


class FakeTextEngine:
    """Writes the given pieces; waits for `go` before the second one."""

    def __init__(self, pieces: Sequence[str] = ("a", "b"), reason: FinishReason = FinishReason.STOP) -> None:
        self._pieces, self._reason = pieces, reason
        self.go = asyncio.Event()
        self.go.set()
        self.stopped = False
        self.closed = False

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[TextPiece | GenerationEnd, None]:
        try:
            for i, piece in enumerate(self._pieces):
                if i:
                    await self.go.wait()
                yield TextPiece(piece)
            yield GenerationEnd(self._reason, Usage(3, len(self._pieces), 1))
        finally:
            self.stopped = True

    async def score(self, prompt: Prompt, adapter: str, continuations: Sequence[str]) -> Scores:
        return Scores(tuple(0.0 for _ in continuations), Usage())

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    async def close(self) -> None:
        self.closed = True


class FakeEmbedder:
    """Vectors of two numbers."""

    async def embed(self, texts: Sequence[str], kind: EmbedKind) -> Embeddings:
        return Embeddings([b"\0" * 8 for _ in texts], 2, len(texts))

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [1 for _ in texts]

    async def close(self) -> None: ...


def text_source(engine: TextEngine, model: str = "toy", parallel: int = 1) -> ModelSource[TextEngine]:
    card = ModelCard(model, ModelTask.GENERATE, "fake", 64, adapters=("tools",), parallel_requests=parallel)

    async def open_engine() -> TextEngine:
        return engine

    return ModelSource(card, open_engine)


def catalog_of(engine: TextEngine, most_waiting: int = 1) -> ModelCatalog:
    return ModelCatalog([text_source(engine)], [], most_waiting)
