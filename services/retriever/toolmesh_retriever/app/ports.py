"""What the use cases need from outside, as Protocols."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from toolmesh_retriever.domain.embedded_line import TextKind
from toolmesh_retriever.domain.passage_cutting import Section
from toolmesh_retriever.domain.tool_text import ToolText

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ToolRecord:
    """A tool as the router described it: the text that is searched, and the whole message as bytes."""

    text: ToolText
    message: bytes


@dataclass(frozen=True, slots=True)
class ToolChange:
    """A change of the registry. `snapshot` names all callable tools; otherwise some are new, changed or gone."""

    snapshot: bool = False
    upserted: Sequence[ToolRecord] = ()
    removed: Sequence[str] = ()


class ToolFeed(Protocol):
    """The router's registry as it changes."""

    def changes(self) -> AsyncIterator[ToolChange]:
        """A snapshot, then each change. Raises ToolMeshError when the router is lost."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """`vectors` [texts, dimensions] of unit length; those of different models cannot be compared."""

    model: str
    vectors: Vector


class Embedder(Protocol):
    """Turns texts into vectors."""

    async def embed(self, texts: Sequence[str], kind: TextKind, timeout_s: float) -> Embeddings:
        """Raises ToolMeshError: Unavailable or DeadlineExceeded where it cannot answer in time."""
        ...


class ToolStore(Protocol):
    """The last known tools, and vectors by content and model."""

    async def load_tools(self) -> list[ToolRecord]:
        """All tools, by name."""
        ...

    async def apply(self, upserted: Sequence[ToolRecord], removed: Sequence[str]) -> None:
        """Keeps a change."""
        ...

    async def last_model(self) -> str:
        """The embedding model seen last; empty at first."""
        ...

    async def vectors(self, model: str, hashes: Sequence[str]) -> dict[str, Vector]:
        """The known vectors by hash."""
        ...

    async def save_vectors(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keeps vectors by hash, and the model as the one seen last."""
        ...


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document without its passages."""

    id: str
    user: str
    title: str
    source: str
    media_type: str
    passage_count: int
    create_time: datetime


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage to be kept.

    Attributes:
        terms: what it is found by.
        meaning: what is embedded: title, heading and text.
        language: as typical_texts.language_of says of the text.
    """

    text: str
    page: int
    terms: Sequence[str]
    meaning: str
    language: str


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A kept passage with what is needed to score it."""

    id: int
    document: str
    title: str
    source: str
    text: str
    position: int
    page: int
    terms: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class UserVectors:
    """All vectors of one user's passages under one model.

    Attributes:
        ids, documents, languages: of each row.
        vectors: [passages, dimensions].
        missing: how many passages have no vector yet.
    """

    ids: NDArray[np.int64]
    documents: NDArray[np.str_]
    languages: Sequence[str]
    vectors: Vector
    missing: int


@dataclass(frozen=True, slots=True)
class WordStatistics:
    """Of one user's passages: how many there are, and how many hold each term."""

    passages: int
    with_term: Mapping[str, int] = field(default_factory=dict)


class DocumentStore(Protocol):
    """Documents, their passages and the passages' vectors, by user."""

    async def by_request_id(self, user: str, request_id: str) -> StoredDocument | None:
        """The document that a request id made."""
        ...

    async def add(self, document: StoredDocument, request_id: str, passages: Sequence[NewPassage]) -> StoredDocument:
        """Keeps it whole or not at all; a request id that is known gives the first document."""
        ...

    async def get(self, user: str, document: str) -> StoredDocument | None:
        """One document, or None."""
        ...

    async def list_after(self, user: str, after: str, count: int) -> list[StoredDocument]:
        """Newest first, those older than the id `after`; empty starts with the newest."""
        ...

    async def delete(self, user: str, document: str) -> None:
        """Forgets a document; an unknown one is no error."""
        ...

    async def statistics(self, user: str, terms: Sequence[str]) -> WordStatistics:
        """How common terms are."""
        ...

    async def search_words(
        self, user: str, terms: Sequence[str], documents: Sequence[str], count: int
    ) -> list[FoundPassage]:
        """The best passages by BM25 that hold any of the terms; only of `documents` unless empty."""
        ...

    async def passages(self, ids: Sequence[int]) -> list[FoundPassage]:
        """Passages by id; those that are gone are left out."""
        ...

    async def user_vectors(self, user: str, model: str) -> UserVectors:
        """The vectors to compare a question with."""
        ...

    async def without_vector(self, model: str, count: int) -> list[tuple[int, str]]:
        """Id and embedded text of passages that have no vector under a model, oldest first."""
        ...

    async def count_without_vector(self, model: str) -> int:
        """How many of all users have none."""
        ...

    async def save_vectors(self, model: str, vectors: Mapping[int, Vector]) -> None:
        """Keeps vectors by passage id; passages that are gone are left out."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What a reader took out of a file; `title` is the file's own, or empty."""

    title: str
    sections: Sequence[Section]


class DocumentReader(Protocol):
    """Takes the text out of files."""

    async def read(self, content: bytes, media_type: str) -> DocumentText:
        """Raises InvalidInput: damaged, encrypted, without text, over a bound."""
        ...
