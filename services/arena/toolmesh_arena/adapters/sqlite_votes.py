"""Votes in SQLite, numbered in the order they came."""

import sqlite3
from collections.abc import Mapping, Sequence

from toolmesh_arena.adapters.sqlite_schema import from_microseconds, to_microseconds
from toolmesh_arena.domain.battle import JudgedPair, Outcome, Vote, already_voted
from toolmesh_core.sqlite_database import SqliteDatabase

_JUDGED = """
    SELECT a.agent, b.agent, votes.outcome FROM votes
    JOIN sides AS a ON a.battle = votes.battle AND a.side = 'a'
    JOIN sides AS b ON b.battle = votes.battle AND b.side = 'b'
    ORDER BY votes.sequence
"""


class SqliteVotes:
    """The VoteStore over one database file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def add(self, vote: Vote) -> None:
        """Keeps it; the same request_id again changes nothing."""
        await self._database.write(lambda connection: _add(connection, vote))

    async def of(self, user: str, battles: Sequence[str]) -> Mapping[str, Outcome]:
        """How the user voted, by battle."""
        return await self._database.read(lambda connection: _of(connection, user, battles))

    async def count(self) -> int:
        """How many there are."""
        return await self._database.read(
            lambda connection: int(connection.execute("SELECT COUNT(*) FROM votes").fetchone()[0])
        )

    async def judged(self) -> Sequence[JudgedPair]:
        """All of them, in order."""
        return await self._database.read(
            lambda connection: [JudgedPair(a, b, Outcome(outcome)) for a, b, outcome in connection.execute(_JUDGED)]
        )


def _add(connection: sqlite3.Connection, vote: Vote) -> None:
    row = connection.execute("SELECT * FROM votes WHERE battle = ? AND user = ?", (vote.battle, vote.user)).fetchone()
    if row is None:
        values = (vote.battle, vote.user, vote.outcome.value, vote.request_id, to_microseconds(vote.create_time))
        connection.execute(
            "INSERT INTO votes (battle, user, outcome, request_id, create_time) VALUES (?, ?, ?, ?, ?)", values
        )
    elif not vote.request_id or row["request_id"] != vote.request_id:
        raise already_voted(_vote(row))


def _of(connection: sqlite3.Connection, user: str, battles: Sequence[str]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for battle in battles:
        row = connection.execute("SELECT outcome FROM votes WHERE battle = ? AND user = ?", (battle, user)).fetchone()
        if row is not None:
            found[battle] = Outcome(row["outcome"])
    return found


def _vote(row: sqlite3.Row) -> Vote:
    return Vote(
        battle=row["battle"],
        user=row["user"],
        outcome=Outcome(row["outcome"]),
        request_id=row["request_id"],
        create_time=from_microseconds(row["create_time"]),
    )
