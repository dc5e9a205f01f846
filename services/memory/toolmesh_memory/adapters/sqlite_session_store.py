"""Sessions and messages in SQLite."""

import sqlite3
from collections.abc import Iterable, Sequence

from toolmesh_core.errors import AlreadyExists
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_memory.adapters.message_json import message_from_json, message_to_json
from toolmesh_memory.app.page_keys import from_microseconds, to_microseconds
from toolmesh_memory.app.page_limits import within_bytes
from toolmesh_memory.app.ports import Addition, MessageRange, PageKey
from toolmesh_memory.domain.session import Session, SessionMessage

_LATEST = (2**63 - 1, "")
_MESSAGE_COLUMNS = "SELECT sequence, message, run, create_time FROM messages WHERE session = ?"


class SqliteSessionStore:
    """The SessionStore over one database file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def create(self, session: Session) -> Session:
        """Keeps it, or returns the user's one of that id."""
        return await self._database.write(lambda connection: _create(connection, session))

    async def get(self, user: str, session: str) -> Session | None:
        """The user's session of that id."""
        return await self._database.read(lambda connection: _get(connection, user, session))

    async def list(self, user: str, limit: int, after: PageKey | None) -> Sequence[Session]:
        """The user's sessions, last used first."""
        return await self._database.read(lambda connection: _list(connection, user, limit, after))

    async def delete(self, user: str, session: str) -> None:
        """Removes the user's session; its messages go with it."""
        statement = "DELETE FROM sessions WHERE id = ? AND user = ?"
        await self._database.write(lambda connection: connection.execute(statement, (session, user)).rowcount)

    async def append(self, user: str, session: str, addition: Addition) -> Sequence[SessionMessage] | None:
        """Adds all messages or none, once for each request_id."""
        return await self._database.write(lambda connection: _append(connection, user, session, addition))

    async def list_messages(self, user: str, session: str, wanted: MessageRange) -> Sequence[SessionMessage] | None:
        """Messages in order of place."""
        return await self._database.read(lambda connection: _list_messages(connection, user, session, wanted))


def _create(connection: sqlite3.Connection, session: Session) -> Session:
    row = connection.execute("SELECT * FROM sessions WHERE id = ?", (session.id,)).fetchone()
    if row is None:
        times = (to_microseconds(session.create_time), to_microseconds(session.update_time))
        values = (session.id, session.user, session.title, session.message_count, *times)
        connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)", values)
        return session
    if row["user"] != session.user:
        raise AlreadyExists(f"session {session.id!r} is taken; choose another id, or leave it empty to get one")
    return _session(row)


def _get(connection: sqlite3.Connection, user: str, session: str) -> Session | None:
    row = connection.execute("SELECT * FROM sessions WHERE id = ? AND user = ?", (session, user)).fetchone()
    return None if row is None else _session(row)


def _list(connection: sqlite3.Connection, user: str, limit: int, after: PageKey | None) -> list[Session]:
    key = _LATEST if after is None else (to_microseconds(after.time), after.id)
    rows = connection.execute(
        "SELECT * FROM sessions WHERE user = ? AND (update_time, id) < (?, ?) "
        "ORDER BY update_time DESC, id DESC LIMIT ?",
        (user, *key, limit),
    )
    return [_session(row) for row in rows]


def _append(
    connection: sqlite3.Connection, user: str, session: str, addition: Addition
) -> Sequence[SessionMessage] | None:
    found = _get(connection, user, session)
    if found is None:
        return None
    earlier = _earlier_addition(connection, session, addition.request_id)
    if earlier is not None:
        return earlier
    first = found.message_count + 1
    added = [
        SessionMessage(place, message, addition.run, addition.at)
        for place, message in enumerate(addition.messages, first)
    ]
    _insert(connection, session, added)
    if addition.request_id:
        row = (session, addition.request_id, first, added[-1].sequence)
        connection.execute("INSERT INTO additions VALUES (?, ?, ?, ?)", row)
    after = found.with_messages(len(added), addition.at)
    connection.execute(
        "UPDATE sessions SET message_count = ?, update_time = ? WHERE id = ?",
        (after.message_count, to_microseconds(after.update_time), session),
    )
    return added


def _insert(connection: sqlite3.Connection, session: str, added: Iterable[SessionMessage]) -> None:
    connection.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?, ?)",
        (
            (session, entry.sequence, message_to_json(entry.message), entry.run, to_microseconds(entry.create_time))
            for entry in added
        ),
    )


def _earlier_addition(connection: sqlite3.Connection, session: str, request_id: str) -> Sequence[SessionMessage] | None:
    if not request_id:
        return None
    places = connection.execute(
        "SELECT first_sequence, last_sequence FROM additions WHERE session = ? AND request_id = ?",
        (session, request_id),
    ).fetchone()
    if places is None:
        return None
    rows = connection.execute(_MESSAGE_COLUMNS + " AND sequence BETWEEN ? AND ? ORDER BY sequence", (session, *places))
    return [_entry(row) for row in rows]


def _list_messages(
    connection: sqlite3.Connection, user: str, session: str, wanted: MessageRange
) -> Sequence[SessionMessage] | None:
    if _get(connection, user, session) is None:
        return None
    if wanted.newest_first:
        start = 2**63 - 1 if wanted.after is None else wanted.after
        order = " AND sequence < ? ORDER BY sequence DESC LIMIT ?"
    else:
        start = wanted.after or 0
        order = " AND sequence > ? ORDER BY sequence LIMIT ?"
    rows = connection.execute(_MESSAGE_COLUMNS + order, (session, start, wanted.limit))
    return within_bytes((_entry(row) for row in rows), wanted.max_bytes)


def _session(row: sqlite3.Row) -> Session:
    return Session(
        id=row["id"],
        user=row["user"],
        title=row["title"],
        message_count=row["message_count"],
        create_time=from_microseconds(row["create_time"]),
        update_time=from_microseconds(row["update_time"]),
    )


def _entry(row: sqlite3.Row) -> SessionMessage:
    return SessionMessage(
        sequence=row["sequence"],
        message=message_from_json(row["message"]),
        run=row["run"],
        create_time=from_microseconds(row["create_time"]),
    )
