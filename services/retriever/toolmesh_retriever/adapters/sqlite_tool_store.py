"""The last known tools and their vectors in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence

import numpy as np

from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_retriever.adapters.tool_message import record_of_bytes
from toolmesh_retriever.app.ports import ToolRecord, Vector

_LAST_MODEL = "embedding_model"
_HASHES_AT_ONCE = 500


class SqliteToolStore:
    """Implements ToolStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def load_tools(self) -> list[ToolRecord]:
        """All tools, by name."""

        def read(connection: sqlite3.Connection) -> list[ToolRecord]:
            rows = connection.execute("SELECT message FROM tools ORDER BY name")
            return [record_of_bytes(row["message"]) for row in rows]

        return await self._database.read(read)

    async def apply(self, upserted: Sequence[ToolRecord], removed: Sequence[str]) -> None:
        """Keeps a change."""

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM tools WHERE name = ?", [(name,) for name in removed])
            connection.executemany(
                "INSERT OR REPLACE INTO tools (name, message) VALUES (?, ?)",
                [(record.text.name, record.message) for record in upserted],
            )

        await self._database.write(write)

    async def last_model(self) -> str:
        """The embedding model seen last; empty at first."""

        def read(connection: sqlite3.Connection) -> str:
            row = connection.execute("SELECT value FROM facts WHERE name = ?", (_LAST_MODEL,)).fetchone()
            return str(row["value"]) if row else ""

        return await self._database.read(read)

    async def vectors(self, model: str, hashes: Sequence[str]) -> dict[str, Vector]:
        """The known vectors by hash."""

        def read(connection: sqlite3.Connection) -> dict[str, Vector]:
            found: dict[str, Vector] = {}
            for start in range(0, len(hashes), _HASHES_AT_ONCE):
                part = hashes[start : start + _HASHES_AT_ONCE]
                marks = ",".join("?" * len(part))
                rows = connection.execute(
                    f"SELECT hash, vector FROM tool_vectors WHERE model = ? AND hash IN ({marks})",  # noqa: S608
                    (model, *part),
                )
                found.update((row["hash"], np.frombuffer(row["vector"], dtype="<f4")) for row in rows)
            return found

        return await self._database.read(read)

    async def save_vectors(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keeps vectors by hash, and the model as the one seen last."""

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR REPLACE INTO tool_vectors (model, hash, vector) VALUES (?, ?, ?)",
                [(model, key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()],
            )
            connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (_LAST_MODEL, model))

        await self._database.write(write)
