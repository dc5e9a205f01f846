"""Documents and passages in SQLite; words are found by FTS5, which is given terms cut by our own rules."""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_retriever.adapters.user_vectors_cache import UserVectorsCache
from toolmesh_retriever.app.ports import (
    FoundPassage,
    NewPassage,
    StoredDocument,
    UserVectors,
    Vector,
    WordStatistics,
)

_PASSAGE = """
    SELECT p.id, p.document, d.title, d.source, p.text, p.position, p.page, p.terms
    FROM passages p JOIN documents d ON d.id = p.document
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteDocumentStore:
    """Implements DocumentStore."""

    def __init__(self, database: SqliteDatabase, vectors_cache: UserVectorsCache) -> None:
        self._database = database
        self._cache = vectors_cache

    async def by_request_id(self, user: str, request_id: str) -> StoredDocument | None:
        """The document that a request id made."""
        return await self._one("SELECT * FROM documents WHERE user = ? AND request_id = ?", (user, request_id))

    async def get(self, user: str, document: str) -> StoredDocument | None:
        """One document, or None."""
        return await self._one("SELECT * FROM documents WHERE user = ? AND id = ?", (user, document))

    async def add(self, document: StoredDocument, request_id: str, passages: Sequence[NewPassage]) -> StoredDocument:
        """Keeps it whole or not at all; a request id that is known gives the first document."""
        mark = _user_term(document.user)
        rows = [
            (document.id, document.user, position, passage.page, passage.text, passage.meaning, passage.language,
             " ".join((mark, *passage.terms)))
            for position, passage in enumerate(passages)
        ]  # fmt: skip

        def write(connection: sqlite3.Connection) -> StoredDocument:
            known = connection.execute(
                "SELECT * FROM documents WHERE user = ? AND request_id = ?", (document.user, request_id)
            ).fetchone()
            if request_id and known:
                return _document_of(known)
            connection.execute(
                "INSERT INTO documents (id, user, request_id, title, source, media_type, passage_count, create_time_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (document.id, document.user, request_id or None, document.title, document.source, document.media_type,
                 document.passage_count, (document.create_time - _EPOCH) // timedelta(milliseconds=1)),
            )  # fmt: skip
            connection.executemany(
                "INSERT INTO passages (document, user, position, page, text, meaning, language, terms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            return document

        stored = await self._database.write(write)
        self._cache.forget([document.user])
        return stored

    async def list_after(self, user: str, after: str, count: int) -> list[StoredDocument]:
        """Newest first, those older than the id `after`; empty starts with the newest."""

        def read(connection: sqlite3.Connection) -> list[StoredDocument]:
            rows = connection.execute(
                "SELECT * FROM documents WHERE user = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?",
                (user, after, after, count),
            )
            return [_document_of(row) for row in rows]

        return await self._database.read(read)

    async def delete(self, user: str, document: str) -> None:
        """Forgets a document; an unknown one is no error."""

        def write(connection: sqlite3.Connection) -> None:
            row = connection.execute("SELECT 1 FROM documents WHERE user = ? AND id = ?", (user, document)).fetchone()
            if row:
                # Passages first: a cascade would not fire the trigger that empties the word index in every setting.
                connection.execute("DELETE FROM passages WHERE document = ?", (document,))
                connection.execute("DELETE FROM documents WHERE id = ?", (document,))

        await self._database.write(write)
        self._cache.forget([user])

    async def statistics(self, user: str, terms: Sequence[str]) -> WordStatistics:
        """How common terms are."""

        def read(connection: sqlite3.Connection) -> WordStatistics:
            total = connection.execute("SELECT count(*) FROM passages WHERE user = ?", (user,)).fetchone()[0]
            if not total:
                return WordStatistics(0)
            sql = "SELECT count(*) FROM passage_words WHERE passage_words MATCH ?"
            return WordStatistics(
                total, {term: connection.execute(sql, (_match(user, [term]),)).fetchone()[0] for term in terms}
            )

        return await self._database.read(read)

    async def search_words(
        self, user: str, terms: Sequence[str], documents: Sequence[str], count: int
    ) -> list[FoundPassage]:
        """The best passages by BM25 that hold any of the terms; only of `documents` unless empty."""
        if not terms:
            return []
        chosen = list(documents)
        only = f"AND p.document IN ({','.join('?' * len(chosen))})" if chosen else ""
        sql = f"""
            {_PASSAGE} JOIN passage_words w ON w.rowid = p.id
            WHERE passage_words MATCH ? AND p.user = ? {only} ORDER BY w.rank, p.id LIMIT ?
        """

        def read(connection: sqlite3.Connection) -> list[FoundPassage]:
            return _found(connection.execute(sql, (_match(user, terms), user, *chosen, count)))

        return await self._database.read(read)

    async def passages(self, ids: Sequence[int]) -> list[FoundPassage]:
        """Passages by id; those that are gone are left out."""
        sql = f"{_PASSAGE} WHERE p.id IN ({','.join('?' * len(ids))}) ORDER BY p.id"
        return await self._database.read(lambda connection: _found(connection.execute(sql, list(ids))))

    async def user_vectors(self, user: str, model: str) -> UserVectors:
        """The vectors to compare a question with."""
        cached = self._cache.get(user, model)
        if cached is not None:
            return cached
        generation = self._cache.generation

        def read(connection: sqlite3.Connection) -> UserVectors:
            total = connection.execute("SELECT count(*) FROM passages WHERE user = ?", (user,)).fetchone()[0]
            rows = connection.execute(
                "SELECT p.id, p.document, p.language, v.vector"
                " FROM passages p JOIN passage_vectors v ON v.passage = p.id"
                " WHERE p.user = ? AND v.model = ? ORDER BY p.id",
                (user, model),
            ).fetchall()
            vectors = np.frombuffer(b"".join(row["vector"] for row in rows), dtype="<f4")
            return UserVectors(
                np.array([row["id"] for row in rows], dtype=np.int64),
                np.array([row["document"] for row in rows], dtype=np.str_),
                [row["language"] for row in rows],
                vectors.reshape(len(rows), -1) if rows else np.zeros((0, 0), dtype=np.float32),
                total - len(rows),
            )

        found = await self._database.read(read)
        self._cache.put(user, model, found, generation)
        return found

    async def without_vector(self, model: str, count: int) -> list[tuple[int, str]]:
        """Id and embedded text of passages that have no vector under a model, oldest first."""

        def read(connection: sqlite3.Connection) -> list[tuple[int, str]]:
            rows = connection.execute(f"SELECT p.id, p.meaning {_WITHOUT_VECTOR} ORDER BY p.id LIMIT ?", (model, count))
            return [(row["id"], row["meaning"]) for row in rows]

        return await self._database.read(read)

    async def count_without_vector(self, model: str) -> int:
        """How many of all users have none."""

        def read(connection: sqlite3.Connection) -> int:
            return int(connection.execute(f"SELECT count(*) {_WITHOUT_VECTOR}", (model,)).fetchone()[0])

        return await self._database.read(read)

    async def save_vectors(self, model: str, vectors: Mapping[int, Vector]) -> None:
        """Keeps vectors by passage id; passages that are gone are left out."""
        rows = [(model, vector.astype("<f4").tobytes(), key) for key, vector in vectors.items()]
        marks = ",".join("?" * len(vectors))

        def write(connection: sqlite3.Connection) -> list[str]:
            connection.executemany(
                "INSERT OR REPLACE INTO passage_vectors (passage, model, vector)"
                " SELECT id, ?, ? FROM passages WHERE id = ?",
                rows,
            )
            users = connection.execute(f"SELECT DISTINCT user FROM passages WHERE id IN ({marks})", list(vectors))  # noqa: S608
            return [row["user"] for row in users]

        self._cache.forget(await self._database.write(write))

    async def _one(self, sql: str, parameters: tuple[str, ...]) -> StoredDocument | None:
        def read(connection: sqlite3.Connection) -> StoredDocument | None:
            row = connection.execute(sql, parameters).fetchone()
            return _document_of(row) if row else None

        return await self._database.read(read)


_WITHOUT_VECTOR = """
    FROM passages p WHERE NOT EXISTS (SELECT 1 FROM passage_vectors v WHERE v.passage = p.id AND v.model = ?)
"""


def _document_of(row: sqlite3.Row) -> StoredDocument:
    return StoredDocument(
        row["id"], row["user"], row["title"], row["source"], row["media_type"], row["passage_count"],
        _EPOCH + timedelta(milliseconds=row["create_time_ms"]),
    )  # fmt: skip


def _found(rows: Iterable[sqlite3.Row]) -> list[FoundPassage]:
    return [
        FoundPassage(
            row["id"], row["document"], row["title"], row["source"], row["text"], row["position"], row["page"],
            frozenset(row["terms"].split(" ")),
        )
        for row in rows
    ]  # fmt: skip


def _user_term(user: str) -> str:
    """A word that all passages of a user hold, so that FTS5 itself leaves out the others'."""
    return "user" + hashlib.sha256(user.encode()).hexdigest()[:24]


def _match(user: str, terms: Sequence[str]) -> str:
    """Terms are letters and digits only; the quotes keep words like `or` from being read as operators."""
    quoted = " OR ".join(f'"{term}"' for term in terms)
    return f'"{_user_term(user)}" AND ({quoted})'
