"""Keeps notes in SQLite, each user's apart from all others'."""

import sqlite3
from datetime import UTC, datetime

from toolmesh_core.errors import ToolError
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_tool_data.domain.note_search import Note, rank

MIGRATIONS = (
    """
    CREATE TABLE notes (
        user TEXT NOT NULL,
        number INTEGER NOT NULL,
        text TEXT NOT NULL,
        written_s REAL NOT NULL,
        PRIMARY KEY (user, number)
    ) WITHOUT ROWID;
    CREATE TABLE note_counters (user TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE note_requests (
        user TEXT NOT NULL,
        request TEXT NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (user, request)
    ) WITHOUT ROWID;
    """,
)


class NoteStore:
    """The notes of all users."""

    def __init__(self, database: SqliteDatabase, *, max_per_user: int) -> None:
        self._database = database
        self._max_per_user = max_per_user

    async def write(self, user: str, text: str, request: str, now: datetime) -> Note:
        """Adds a note; the same request, or the same text while it is there, gives the first one again.

        Raises:
            ToolError: TOO_MANY_NOTES.
        """

        def insert(connection: sqlite3.Connection) -> Note:
            known = _by_request(connection, user, request) or _by_text(connection, user, text)
            if known is not None:
                return known
            (count,) = connection.execute("SELECT count(*) FROM notes WHERE user = ?", (user,)).fetchone()
            if count >= self._max_per_user:
                raise ToolError(f"there are {count} notes, the most there may be: delete some", reason="TOO_MANY_NOTES")
            number = _next_number(connection, user)
            connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?)", (user, number, text, now.timestamp()))
            if request:
                connection.execute("INSERT INTO note_requests VALUES (?, ?, ?)", (user, request, number))
            return Note(number, text, now)

        return await self._database.write(insert)

    async def find(self, user: str, query: str) -> list[Note]:
        """The notes that fit a query, best first."""

        def search(connection: sqlite3.Connection) -> list[Note]:
            rows = connection.execute("SELECT * FROM notes WHERE user = ?", (user,))
            return rank((_note(row) for row in rows), query)

        return await self._database.read(search)

    async def newest(self, user: str, limit: int) -> tuple[list[Note], int]:
        """The last notes written, and how many there are in all."""

        def select(connection: sqlite3.Connection) -> tuple[list[Note], int]:
            rows = connection.execute("SELECT * FROM notes WHERE user = ? ORDER BY number DESC LIMIT ?", (user, limit))
            notes = [_note(row) for row in rows]
            (count,) = connection.execute("SELECT count(*) FROM notes WHERE user = ?", (user,)).fetchone()
            return notes, count

        return await self._database.read(select)

    async def delete(self, user: str, number: int) -> None:
        """Removes a note; one that was removed before stays removed.

        Raises:
            ToolError: UNKNOWN_NOTE, no note ever had the number.
        """

        def remove(connection: sqlite3.Connection) -> None:
            row = connection.execute("SELECT last FROM note_counters WHERE user = ?", (user,)).fetchone()
            if number < 1 or row is None or number > row["last"]:
                raise ToolError(f"there is no note {number}: list_notes tells the numbers", reason="UNKNOWN_NOTE")
            connection.execute("DELETE FROM notes WHERE user = ? AND number = ?", (user, number))

        await self._database.write(remove)


def _by_request(connection: sqlite3.Connection, user: str, request: str) -> Note | None:
    """What the same request wrote, even where the note has been deleted since."""
    row = connection.execute(
        "SELECT r.number, coalesce(n.text, '') AS text, coalesce(n.written_s, 0) AS written_s FROM note_requests r "
        "LEFT JOIN notes n ON n.user = r.user AND n.number = r.number "
        "WHERE r.user = ? AND r.request = ? AND r.request != ''",
        (user, request),
    ).fetchone()
    return _note(row) if row else None


def _by_text(connection: sqlite3.Connection, user: str, text: str) -> Note | None:
    row = connection.execute("SELECT * FROM notes WHERE user = ? AND text = ?", (user, text)).fetchone()
    return _note(row) if row else None


def _next_number(connection: sqlite3.Connection, user: str) -> int:
    row = connection.execute(
        "INSERT INTO note_counters VALUES (?, 1) ON CONFLICT (user) DO UPDATE SET last = last + 1 RETURNING last",
        (user,),
    ).fetchone()
    return int(row["last"])


def _note(row: sqlite3.Row) -> Note:
    return Note(row["number"], row["text"], datetime.fromtimestamp(row["written_s"], UTC))
