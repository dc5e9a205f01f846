"""Who owns which artifact, in SQLite: one row a content and user."""

import sqlite3
from collections.abc import Sequence

from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_memory.app.page_keys import from_microseconds, to_microseconds
from toolmesh_memory.app.ports import PageKey
from toolmesh_memory.domain.artifact import Artifact

_LATEST = (2**63 - 1, "")


class SqliteArtifactIndex:
    """The ArtifactIndex over one database file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def add(self, artifact: Artifact) -> Artifact:
        """Keeps it, or returns what the user already has under that id."""
        return await self._database.write(lambda connection: _add(connection, artifact))

    async def get(self, user: str, artifact: str) -> Artifact | None:
        """The user's artifact of that id."""
        return await self._database.read(lambda connection: _get(connection, user, artifact))

    async def list(self, user: str, limit: int, after: PageKey | None) -> Sequence[Artifact]:
        """The user's artifacts, newest first."""
        return await self._database.read(lambda connection: _list(connection, user, limit, after))

    async def remove(self, user: str, artifact: str) -> bool:
        """Removes the user's row, if any; True where no user has the content now."""
        return await self._database.write(lambda connection: _remove(connection, user, artifact))

    async def unowned(self, artifacts: Sequence[str]) -> Sequence[str]:
        """Those of the ids that no user has."""
        return await self._database.read(
            lambda connection: [artifact for artifact in artifacts if not _is_owned(connection, artifact)]
        )


def _add(connection: sqlite3.Connection, artifact: Artifact) -> Artifact:
    had = _get(connection, artifact.user, artifact.id)
    if had is not None:
        return had
    what = (artifact.id, artifact.user, artifact.media_type, artifact.file_name)
    values = (*what, artifact.size_bytes, to_microseconds(artifact.create_time))
    connection.execute("INSERT INTO artifacts VALUES (?, ?, ?, ?, ?, ?)", values)
    return artifact


def _get(connection: sqlite3.Connection, user: str, artifact: str) -> Artifact | None:
    row = connection.execute("SELECT * FROM artifacts WHERE id = ? AND user = ?", (artifact, user)).fetchone()
    return None if row is None else _artifact(row)


def _list(connection: sqlite3.Connection, user: str, limit: int, after: PageKey | None) -> list[Artifact]:
    key = _LATEST if after is None else (to_microseconds(after.time), after.id)
    rows = connection.execute(
        "SELECT * FROM artifacts WHERE user = ? AND (create_time, id) < (?, ?) "
        "ORDER BY create_time DESC, id DESC LIMIT ?",
        (user, *key, limit),
    )
    return [_artifact(row) for row in rows]


def _remove(connection: sqlite3.Connection, user: str, artifact: str) -> bool:
    connection.execute("DELETE FROM artifacts WHERE id = ? AND user = ?", (artifact, user))
    return not _is_owned(connection, artifact)


def _is_owned(connection: sqlite3.Connection, artifact: str) -> bool:
    return connection.execute("SELECT 1 FROM artifacts WHERE id = ? LIMIT 1", (artifact,)).fetchone() is not None


def _artifact(row: sqlite3.Row) -> Artifact:
    return Artifact(
        id=row["id"],
        user=row["user"],
        media_type=row["media_type"],
        file_name=row["file_name"],
        size_bytes=row["size_bytes"],
        create_time=from_microseconds(row["create_time"]),
    )
