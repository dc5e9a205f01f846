"""Embeds what has no vector yet, tools before passages, in small portions so that requests get their turn."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from toolmesh_core.errors import ToolMeshError
from toolmesh_retriever.app.ports import DocumentStore, Embedder, ToolStore
from toolmesh_retriever.app.tool_catalog import ToolCatalog
from toolmesh_retriever.domain.centring import TypicalMeans
from toolmesh_retriever.domain.embedded_line import EmbeddedLine, TextKind
from toolmesh_retriever.domain.typical_texts import PASSAGES, REQUESTS

logger = logging.getLogger(__name__)
_TEXTS_AT_ONCE = 16
_TIMEOUT_S = 60.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_TYPICAL = {TextKind.REQUEST: REQUESTS, TextKind.PASSAGE: PASSAGES}


def _mean_key(kind: TextKind, language: str) -> str:
    """Names a mean among the kept vectors, and changes with the texts it is made of."""
    content = "\n".join(_TYPICAL[kind][language])
    return f"mean:{kind.value}:{language}:{hashlib.sha256(content.encode()).hexdigest()[:16]}"


_MEAN_KEYS = [_mean_key(kind, language) for kind, texts in _TYPICAL.items() for language in texts]


@dataclass
class EmbedBacklog:
    """The background work; `wake` is called when there may be more.

    Attributes:
        report: told how many texts wait.
        sleep: waits between attempts; a test passes its own.
    """

    embedder: Embedder | None
    catalog: ToolCatalog
    tools: ToolStore
    documents: DocumentStore
    report: Callable[[int], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    model: str = field(default="", init=False)
    means: TypicalMeans | None = field(default=None, init=False)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _next_model: str = field(default="", init=False)
    _waiting: int = field(default=0, init=False)

    def wake(self) -> None:
        """There may be new texts."""
        self._wanted.set()

    def model_seen(self, model: str) -> None:
        """The inference service now answers with another model: all vectors are made again."""
        self._next_model = model
        self.wake()

    async def use_last_model(self) -> None:
        """Takes the vectors on disk, made by the model that was seen last."""
        self.model = await self.tools.last_model()

    async def run(self) -> None:
        """Never returns; while inference is down, tries again with growing pauses."""
        if self.embedder is None:
            return
        pause_s = _FIRST_PAUSE_S
        self.wake()
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._report_all()
                while done := await self.step(self.embedder):
                    pause_s = _FIRST_PAUSE_S
                    self._report(self._waiting - done)
                self._report(0)
            except ToolMeshError as error:
                logger.info("embedding waits", extra={"reason": error.reason, "again_in_s": pause_s})
                await self.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                self.wake()

    async def step(self, embedder: Embedder) -> int:
        """Embeds one portion; gives its size, 0 where nothing is left."""
        if self._next_model and self._next_model != self.model:
            await self._use(self._next_model)
        if self.means is None:
            await self._learn_means(embedder)
        waiting = await self._lines_waiting()
        if waiting:
            part = [line for line in waiting if line.kind is waiting[0].kind][:_TEXTS_AT_ONCE]
            made = await embedder.embed([line.text for line in part], part[0].kind, _TIMEOUT_S)
            await self._use(made.model)
            vectors = {line.key: vector for line, vector in zip(part, made.vectors, strict=True)}
            await self.tools.save_vectors(made.model, vectors)
            await self.catalog.set_vectors(vectors)
            return len(part)
        return await self._embed_passages(embedder)

    async def _lines_waiting(self) -> list[EmbeddedLine]:
        """Those of tools without a vector, after what is known on disk has been taken from there."""
        waiting = await self.catalog.without_vector()
        if waiting and self.model:
            known = await self.tools.vectors(self.model, [line.key for line in waiting])
            if known:
                await self.catalog.set_vectors(known)
                waiting = [line for line in waiting if line.key not in known]
        return waiting

    async def _embed_passages(self, embedder: Embedder) -> int:
        rows = await self.documents.without_vector(self.model, _TEXTS_AT_ONCE)
        if not rows:
            return 0
        made = await embedder.embed([text for _, text in rows], TextKind.PASSAGE, _TIMEOUT_S)
        await self._use(made.model)
        ids = [passage for passage, _ in rows]
        await self.documents.save_vectors(made.model, dict(zip(ids, made.vectors, strict=True)))
        return len(rows)

    async def _learn_means(self, embedder: Embedder) -> None:
        """Embeds the typical texts, once a model."""
        known = await self.tools.vectors(self.model, _MEAN_KEYS) if self.model else {}
        if len(known) < len(_MEAN_KEYS):
            known, models = {}, set()
            for kind, texts in _TYPICAL.items():
                for language, typical in texts.items():
                    made = await embedder.embed(typical, kind, _TIMEOUT_S)
                    models.add(made.model)
                    known[_mean_key(kind, language)] = made.vectors.mean(axis=0)
            if len(models) > 1:
                # The model changed in between; the next step learns again.
                return
            await self._use(models.pop())
            await self.tools.save_vectors(self.model, known)
        of_kind = [{language: known[_mean_key(kind, language)] for language in _TYPICAL[kind]} for kind in _TYPICAL]
        self.means = TypicalMeans(*of_kind)
        await self.catalog.set_means(self.means)

    async def _report_all(self) -> None:
        tools = await self.catalog.without_vector()
        self._report(len(tools) + await self.documents.count_without_vector(self.model))

    def _report(self, waiting: int) -> None:
        self._waiting = max(0, waiting)
        self.report(self._waiting)

    async def _use(self, model: str) -> None:
        """Vectors of different models cannot be compared: with a new model, those of the old one are dropped."""
        self._next_model = ""
        if model == self.model:
            return
        logger.info("embedding model", extra={"model": model, "before": self.model})
        self.model, self.means = model, None
        await self.catalog.forget_vectors()
        await self.tools.save_vectors(model, {})
