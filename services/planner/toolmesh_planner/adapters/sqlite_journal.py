"""The journal in SQLite: a row for what is fixed of a run and how it ended, and its events, only ever added."""

import sqlite3
from collections.abc import Sequence
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh.planner.v1.run_pb2 import Run
from toolmesh.planner.v1.run_service_pb2 import CreateRunRequest
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_planner.app.ports import StoredRun
from toolmesh_planner.domain.run_state import RunHeader, journal_damaged

M = TypeVar("M", bound=Message)
MIGRATIONS = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL,
        session TEXT NOT NULL,
        request_id TEXT NOT NULL,
        request BLOB NOT NULL,
        history_messages INTEGER NOT NULL,
        traceparent TEXT NOT NULL,
        ending BLOB,
        final BLOB
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX runs_by_request ON runs (user, request_id) WHERE request_id != '';
    CREATE INDEX runs_by_user ON runs (user, id);
    CREATE INDEX runs_by_session ON runs (user, session, id) WHERE session != '';
    CREATE INDEX runs_unfinished ON runs (id) WHERE final IS NULL;
    CREATE TABLE events (
        run TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        event BLOB NOT NULL,
        PRIMARY KEY (run, sequence)
    ) WITHOUT ROWID;
    """,
    "ALTER TABLE runs ADD COLUMN api_key TEXT NOT NULL DEFAULT ''",
)
_ADD_RUN = """
    INSERT INTO runs (id, user, session, request_id, request, history_messages, traceparent, api_key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_EVENT = "INSERT INTO events (run, sequence, event) VALUES (?, ?, ?)"
_BY_REQUEST = "SELECT id FROM runs WHERE user = ? AND request_id = ? AND request_id != ''"
_PAGE = "SELECT * FROM runs WHERE user = ?1 AND (?2 = '' OR id < ?2) ORDER BY id DESC LIMIT ?3"
_PAGE_OF_SESSION = """
    SELECT * FROM runs WHERE user = ?1 AND session = ?4 AND session != '' AND (?2 = '' OR id < ?2)
    ORDER BY id DESC LIMIT ?3
"""


class SqliteJournal:
    """The Journal port on a SqliteDatabase; see there for what committed means."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def create(self, header: RunHeader, first: RunEvent) -> str:
        """Begins a run with its first event; its id, or that of the run which this request_id began before."""
        request = header.request

        def write(connection: sqlite3.Connection) -> str:
            known = connection.execute(_BY_REQUEST, (header.user, request.request_id)).fetchone()
            if known is not None:
                return str(known["id"])
            connection.execute(
                _ADD_RUN,
                (
                    header.run,
                    header.user,
                    request.session,
                    request.request_id,
                    request.SerializeToString(),
                    header.history_messages,
                    header.traceparent,
                    header.key,
                ),
            )
            connection.execute(_ADD_EVENT, (header.run, first.sequence, first.SerializeToString()))
            return header.run

        return await self._database.write(write)

    async def append(
        self, run: str, events: Sequence[RunEvent], ending: Run | None = None, final: Run | None = None
    ) -> None:
        """Adds events, all or none, and with them how the run is about to end or has ended."""

        def write(connection: sqlite3.Connection) -> None:
            for event in events:
                connection.execute(_ADD_EVENT, (run, event.sequence, event.SerializeToString()))
            if ending is not None:
                connection.execute("UPDATE runs SET ending = ? WHERE id = ?", (ending.SerializeToString(), run))
            if final is not None:
                connection.execute("UPDATE runs SET final = ? WHERE id = ?", (final.SerializeToString(), run))

        await self._database.write(write)

    async def read(self, run: str) -> StoredRun | None:
        """A run with all its events."""

        def read(connection: sqlite3.Connection) -> StoredRun | None:
            row = connection.execute("SELECT * FROM runs WHERE id = ?", (run,)).fetchone()
            return None if row is None else _stored(row, _events(connection, run, 0))

        return await self._database.read(read)

    async def read_events(self, run: str, after_sequence: int) -> list[RunEvent]:
        """A run's events after one of them, in order."""
        return await self._database.read(lambda connection: _events(connection, run, after_sequence))

    async def find(self, run: str, user: str) -> StoredRun | None:
        """A user's run without its events."""

        def read(connection: sqlite3.Connection) -> StoredRun | None:
            row = connection.execute("SELECT * FROM runs WHERE id = ? AND user = ?", (run, user)).fetchone()
            return None if row is None else _stored(row, [])

        return await self._database.read(read)

    async def find_request(self, user: str, request_id: str) -> str | None:
        """The id of the run that this request began."""

        def read(connection: sqlite3.Connection) -> str | None:
            row = connection.execute(_BY_REQUEST, (user, request_id)).fetchone()
            return None if row is None else str(row["id"])

        return await self._database.read(read)

    async def page(self, user: str, session: str, before: str, size: int) -> list[StoredRun]:
        """A user's runs older than one of them (empty: from the newest), newest first, without events."""

        def read(connection: sqlite3.Connection) -> list[StoredRun]:
            if session:
                rows = connection.execute(_PAGE_OF_SESSION, (user, before, size, session))
            else:
                rows = connection.execute(_PAGE, (user, before, size))
            return [_stored(row, []) for row in rows]

        return await self._database.read(read)

    async def unfinished(self) -> list[str]:
        """The ids of the runs that have not ended, oldest first."""

        def read(connection: sqlite3.Connection) -> list[str]:
            return [row["id"] for row in connection.execute("SELECT id FROM runs WHERE final IS NULL ORDER BY id")]

        return await self._database.read(read)


def _events(connection: sqlite3.Connection, run: str, after_sequence: int) -> list[RunEvent]:
    rows = connection.execute(
        "SELECT event FROM events WHERE run = ? AND sequence > ? ORDER BY sequence", (run, after_sequence)
    )
    return [_parsed(RunEvent, row["event"], run) for row in rows]


def _parsed(kind: type[M], data: bytes, run: str) -> M:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise journal_damaged(run, f"{len(data)} bytes are no {kind.DESCRIPTOR.name}") from error


def _stored(row: sqlite3.Row, events: list[RunEvent]) -> StoredRun:
    header = RunHeader(
        run=row["id"],
        user=row["user"],
        request=_parsed(CreateRunRequest, row["request"], row["id"]),
        history_messages=row["history_messages"],
        traceparent=row["traceparent"],
        key=row["api_key"],
    )
    return StoredRun(
        header,
        events,
        ending=_parsed(Run, row["ending"], row["id"]) if row["ending"] is not None else None,
        final=_parsed(Run, row["final"], row["id"]) if row["final"] is not None else None,
    )
