"""The tools that can be searched, in memory: index, messages, vectors. All work on it runs in one thread of its own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from toolmesh_retriever.app.ports import ToolRecord, Vector
from toolmesh_retriever.domain.centring import TypicalMeans
from toolmesh_retriever.domain.embedded_line import EmbeddedLine
from toolmesh_retriever.domain.meaning_index import MeaningIndex
from toolmesh_retriever.domain.ranking_model import RankingModel
from toolmesh_retriever.domain.request_clauses import Clause
from toolmesh_retriever.domain.tool_index import Mask, ToolIndex
from toolmesh_retriever.domain.tool_search import RankedTool, matched, rank_tools, words_are_enough

T = TypeVar("T")
# Searches get their turn between such portions of a large change.
_CHANGES_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class ToolFilter:
    """Which tools may be found: those with all tags, and of the names unless there are none."""

    tags: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MeaningRule:
    """When the meaning of a request is asked besides its words.

    Attributes:
        up_to_tools: always, where no more tools than this may be found.
        least_coverage: among more, where some clause has no tool that shares this much of its words.
    """

    up_to_tools: int
    least_coverage: float


@dataclass(frozen=True, slots=True)
class FoundTool:
    """A tool, how well it fits, and its message."""

    ranked: RankedTool
    message: bytes


@dataclass(frozen=True, slots=True)
class ToolSearchResult:
    """What one search found; `wants_meaning`: nothing was ranked yet, as vectors of the clauses are wanted first."""

    found: Sequence[FoundTool]
    searched: int
    without_vector: int
    wants_meaning: bool


class ToolCatalog:
    """Searchable tools. Methods are safe to call at the same time; each sees whole changes only."""

    def __init__(self, model: RankingModel) -> None:
        self._model = model
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tool-index")
        self._index = ToolIndex()
        self._messages: dict[str, bytes] = {}
        self._meaning = MeaningIndex()

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown()

    @property
    def size(self) -> int:
        """How many tools there are."""
        return len(self._index)

    async def apply(self, upserted: Sequence[ToolRecord], removed: Sequence[str]) -> None:
        """Changes the catalog, portion by portion."""
        for start in range(0, len(removed), _CHANGES_AT_ONCE):
            await self._run(lambda at=start: self._remove(removed[at : at + _CHANGES_AT_ONCE]))  # type: ignore[misc]
        for start in range(0, len(upserted), _CHANGES_AT_ONCE):
            await self._run(lambda at=start: self._upsert(upserted[at : at + _CHANGES_AT_ONCE]))  # type: ignore[misc]

    async def difference(self, snapshot: Sequence[ToolRecord]) -> tuple[list[ToolRecord], list[str]]:
        """What must be upserted and removed so that the catalog holds the snapshot."""
        return await self._run(lambda: self._difference(snapshot))

    async def without_vector(self) -> list[EmbeddedLine]:
        """What must be embedded, descriptions first."""
        return await self._run(self._meaning.missing)

    async def set_vectors(self, vectors: Mapping[str, Vector]) -> None:
        """Gives tools their vectors, by key of the embedded line."""
        await self._run(lambda: self._meaning.add(vectors))

    async def set_means(self, means: TypicalMeans) -> None:
        """What the vectors are centred with; without it, no meaning is compared."""
        await self._run(lambda: self._meaning.set_means(means))

    async def forget_vectors(self) -> None:
        """Drops all vectors, as when the embedding model changes."""
        await self._run(self._meaning.forget)

    async def search(
        self,
        clauses: Sequence[Clause],
        top_k: int,
        allowed: ToolFilter,
        *,
        rule: MeaningRule | None = None,
        vectors: Vector | None = None,
    ) -> ToolSearchResult:
        """Ranks tools by words, and by meaning where the clauses' vectors are given.

        Args:
            rule: where it says that meaning is wanted, nothing is ranked and the caller is told so.
            vectors: [clauses, dimensions], centred.
        """
        return await self._run(lambda: self._search(clauses, top_k, allowed, rule, vectors))

    async def _run(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _remove(self, names: Sequence[str]) -> None:
        for name in names:
            slot = self._index.remove(name)
            self._messages.pop(name, None)
            if slot is not None:
                self._meaning.drop(slot)

    def _upsert(self, records: Sequence[ToolRecord]) -> None:
        for record in records:
            self._remove([record.text.name])
            self._meaning.put(self._index.upsert(record.text), record.text.lines())
            self._messages[record.text.name] = record.message

    def _difference(self, snapshot: Sequence[ToolRecord]) -> tuple[list[ToolRecord], list[str]]:
        names = {record.text.name for record in snapshot}
        changed = [record for record in snapshot if self._messages.get(record.text.name) != record.message]
        return changed, sorted(self._messages.keys() - names)

    def _allowed(self, allowed: ToolFilter) -> Mask | None:
        if not allowed.tags and not allowed.names:
            return None
        mask = np.zeros(self._index.capacity, dtype=bool)
        known = self._index.slots()
        slots = [known[name] for name in allowed.names if name in known] if allowed.names else list(known.values())
        for slot in slots:
            mask[slot] = allowed.tags.issubset(self._index.entry(slot).text.tags)
        return mask

    def _search(
        self,
        clauses: Sequence[Clause],
        top_k: int,
        allowed: ToolFilter,
        rule: MeaningRule | None,
        vectors: Vector | None,
    ) -> ToolSearchResult:
        if not len(self._index):
            return ToolSearchResult((), 0, 0, False)
        match, mask = matched(self._index, clauses, self._allowed(allowed))
        count = int(np.count_nonzero(mask))
        missing = count - int(np.count_nonzero(mask & self._meaning.described(len(mask))))
        if rule is not None and count:
            few = count <= rule.up_to_tools
            if few or not words_are_enough(match, self._index, rule.least_coverage):
                return ToolSearchResult((), count, missing, True)
        cosines = None if vectors is None else self._meaning.cosines(vectors, len(mask))
        ranked = rank_tools(self._index, self._model, match, mask, cosines, top_k)
        found = [FoundTool(tool, self._messages[tool.name]) for tool in ranked]
        return ToolSearchResult(found, count, missing, False)
