"""Fakes of the retriever's neighbours."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import numpy as np

from toolmesh_core.errors import ToolMeshError
from toolmesh_retriever.app.ports import (
    DocumentText,
    Embeddings,
    FoundPassage,
    NewPassage,
    StoredDocument,
    ToolChange,
    ToolRecord,
    UserVectors,
    Vector,
    WordStatistics,
)
from toolmesh_retriever.domain.embedded_line import TextKind
from toolmesh_retriever.domain.passage_cutting import Section
from toolmesh_retriever.domain.tool_text import ToolText


def record(name: str, description: str = "", **more: Any) -> ToolRecord:
    return ToolRecord(ToolText(name, description, **more), f"{name}|{description}|{more}".encode())


class FakeEmbedder:
    """The same text has the same vector; `fails` is raised instead."""

    def __init__(self) -> None:
        self.model = "fake"
        self.fails: ToolMeshError | None = None
        self.calls: list[list[str]] = []
        self.kinds: list[TextKind] = []

    async def embed(self, texts: Sequence[str], kind: TextKind, timeout_s: float) -> Embeddings:
        if self.fails:
            raise self.fails
        self.calls.append(list(texts))
        self.kinds.append(kind)
        rows = [np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8).astype(np.float32) for text in texts]
        return Embeddings(self.model, np.stack([row / np.linalg.norm(row) for row in rows]))


class FakeToolStore:
    """Keeps in dictionaries."""

    def __init__(self) -> None:
        self.tools: dict[str, ToolRecord] = {}
        self.kept: dict[tuple[str, str], Vector] = {}
        self.model = ""

    async def load_tools(self) -> list[ToolRecord]:
        return [self.tools[name] for name in sorted(self.tools)]

    async def apply(self, upserted: Sequence[ToolRecord], removed: Sequence[str]) -> None:
        self.tools.update({item.text.name: item for item in upserted})
        for name in removed:
            self.tools.pop(name, None)

    async def last_model(self) -> str:
        return self.model

    async def vectors(self, model: str, hashes: Sequence[str]) -> dict[str, Vector]:
        return {key: self.kept[model, key] for key in hashes if (model, key) in self.kept}

    async def save_vectors(self, model: str, vectors: Mapping[str, Vector]) -> None:
        self.model = model
        self.kept.update({(model, key): vector for key, vector in vectors.items()})


class FakeFeed:
    """Each watch gives the next list of changes; an error in it is raised; after the last, nothing comes."""

    def __init__(self, *watches: Sequence[ToolChange | ToolMeshError]) -> None:
        self._watches = list(watches)
        self.idle = asyncio.Event()

    async def changes(self) -> AsyncIterator[ToolChange]:
        if not self._watches:
            self.idle.set()
            await asyncio.Event().wait()
        for change in self._watches.pop(0):
            if isinstance(change, ToolMeshError):
                raise change
            yield change


class FakeReader:
    """Takes UTF-8 text as one section."""

    def __init__(self) -> None:
        self.read_types: list[str] = []

    async def read(self, content: bytes, media_type: str) -> DocumentText:
        self.read_types.append(media_type)
        return DocumentText("", [Section(content.decode())])


class FakeDocumentStore:
    """Keeps in dictionaries; words are found by any shared term."""

    def __init__(self) -> None:
        self.documents: dict[str, StoredDocument] = {}
        self.request_ids: dict[tuple[str, str], str] = {}
        self.found: dict[int, FoundPassage] = {}
        self.meanings: dict[int, str] = {}
        self.kept: dict[tuple[str, int], Vector] = {}

    async def by_request_id(self, user: str, request_id: str) -> StoredDocument | None:
        return self.documents.get(self.request_ids.get((user, request_id), ""))

    async def add(self, document: StoredDocument, request_id: str, passages: Sequence[NewPassage]) -> StoredDocument:
        self.documents[document.id] = document
        self.request_ids[document.user, request_id] = document.id
        for position, passage in enumerate(passages):
            key = len(self.found) + 1
            self.meanings[key] = passage.meaning
            self.found[key] = FoundPassage(
                key, document.id, document.title, document.source, passage.text, position, passage.page,
                frozenset(passage.terms),
            )  # fmt: skip
        return document

    def _of(self, user: str) -> list[FoundPassage]:
        return [passage for passage in self.found.values() if self.documents[passage.document].user == user]

    async def statistics(self, user: str, terms: Sequence[str]) -> WordStatistics:
        own = self._of(user)
        return WordStatistics(len(own), {term: sum(term in passage.terms for passage in own) for term in terms})

    async def search_words(
        self, user: str, terms: Sequence[str], documents: Sequence[str], count: int
    ) -> list[FoundPassage]:
        own = [p for p in self._of(user) if not documents or p.document in documents]
        return [passage for passage in own if passage.terms & set(terms)][:count]

    async def passages(self, ids: Sequence[int]) -> list[FoundPassage]:
        return [self.found[key] for key in ids]

    async def user_vectors(self, user: str, model: str) -> UserVectors:
        own = [(p, self.kept[model, p.id]) for p in self._of(user) if (model, p.id) in self.kept]
        return UserVectors(
            np.array([p.id for p, _ in own], np.int64),
            np.array([p.document for p, _ in own], np.str_),
            ["en"] * len(own),
            np.stack([vector for _, vector in own]) if own else np.zeros((0, 0), np.float32),
            len(self._of(user)) - len(own),
        )

    async def without_vector(self, model: str, count: int) -> list[tuple[int, str]]:
        return [(key, text) for key, text in self.meanings.items() if (model, key) not in self.kept][:count]

    async def count_without_vector(self, model: str) -> int:
        return len(await self.without_vector(model, 1_000_000))

    async def save_vectors(self, model: str, vectors: Mapping[int, Vector]) -> None:
        self.kept.update({(model, key): vector for key, vector in vectors.items()})
