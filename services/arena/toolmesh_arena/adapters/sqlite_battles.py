"""Battles and their sides in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from toolmesh_arena.adapters.battle_json import ending_from_json, request_from_json, to_json
from toolmesh_arena.adapters.sqlite_schema import from_microseconds, to_microseconds
from toolmesh_arena.domain.agent import AgentSpec
from toolmesh_arena.domain.battle import Battle, Side
from toolmesh_core.errors import NotFound, ResourceExhausted
from toolmesh_core.sqlite_database import SqliteDatabase

_PAUSE_S = 10.0
# One statement, so that a battle is never read with a part of its sides.
_BATTLES = """
    SELECT battles.*, a.agent AS agent_a, a.model AS model_a, a.adapter AS adapter_a, a.run AS run_a,
        a.ending AS ending_a, b.agent AS agent_b, b.model AS model_b, b.adapter AS adapter_b, b.run AS run_b,
        b.ending AS ending_b
    FROM battles
    JOIN sides AS a ON a.battle = battles.id AND a.side = 'a'
    JOIN sides AS b ON b.battle = battles.id AND b.side = 'b'
"""


class SqliteBattles:
    """The BattleStore over one database file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def begin(self, battle: Battle, request_id: str, most_running: int) -> Battle:
        """Keeps it, or returns the user's one of that request_id."""
        return await self._database.write(lambda connection: _begin(connection, battle, request_id, most_running))

    async def find_request(self, user: str, request_id: str) -> Battle | None:
        """The user's battle of that request_id."""
        return await self._database.read(lambda connection: _find_request(connection, user, request_id))

    async def get(self, battle: str) -> Battle | None:
        """The battle of that id."""
        found = await self._database.read(lambda connection: _select(connection, "WHERE id = ?", battle))
        return found[0] if found else None

    async def list(self, user: str, limit: int, before: str) -> Sequence[Battle]:
        """The user's battles, newest first."""
        where = "WHERE user = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?"
        return await self._database.read(lambda connection: _select(connection, where, user, before, before, limit))

    async def running(self, user: str) -> Sequence[Battle]:
        """The user's battles that have not ended."""
        where = "WHERE user = ? AND end_time IS NULL"
        return await self._database.read(lambda connection: _select(connection, where, user))

    async def save(self, battle: Battle, at: datetime) -> Battle:
        """Keeps its runs and endings, and the time once both sides have ended; gives what is kept now."""
        return await self._database.write(lambda connection: _save(connection, battle, at))

    async def forget(self, battle: str) -> None:
        """Removes a battle that never began."""
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM battles WHERE id = ?", (battle,)).rowcount
        )

    async def counts(self) -> Mapping[str, int]:
        """How many battles each agent has been in."""
        statement = "SELECT agent, COUNT(*) FROM sides GROUP BY agent"
        return await self._database.read(lambda connection: dict(map(tuple, connection.execute(statement))))


def _begin(connection: sqlite3.Connection, battle: Battle, request_id: str, most_running: int) -> Battle:
    if request_id and (known := _find_request(connection, battle.user, request_id)):
        return known
    statement = "SELECT COUNT(*) FROM battles WHERE user = ? AND end_time IS NULL"
    running = connection.execute(statement, (battle.user,)).fetchone()[0]
    if running >= most_running:
        raise ResourceExhausted(
            f"{running} of your battles have not ended, at most {most_running} may run: wait for them",
            reason="TOO_MANY_BATTLES",
            retry_after_s=_PAUSE_S,
        )
    values = (battle.id, battle.user, to_json(battle.request), request_id or None, to_microseconds(battle.create_time))
    connection.execute("INSERT INTO battles VALUES (?, ?, ?, ?, ?, NULL)", values)
    for name, side in _sides(battle):
        agent = side.agent
        row = (battle.id, name, agent.name, agent.model, agent.adapter, side.run)
        connection.execute("INSERT INTO sides VALUES (?, ?, ?, ?, ?, ?, NULL)", row)
    return battle


def _find_request(connection: sqlite3.Connection, user: str, request_id: str) -> Battle | None:
    found = _select(connection, "WHERE user = ? AND request_id = ?", user, request_id)
    return found[0] if found else None


def _save(connection: sqlite3.Connection, battle: Battle, at: datetime) -> Battle:
    for name, side in _sides(battle):
        ending = None if side.ending is None else to_json(side.ending)
        connection.execute(
            "UPDATE sides SET run = ?, ending = ? WHERE battle = ? AND side = ? AND ending IS NULL",
            (side.run, ending, battle.id, name),
        )
    connection.execute(
        "UPDATE battles SET end_time = ? WHERE id = ? AND end_time IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM sides WHERE battle = battles.id AND ending IS NULL)",
        (to_microseconds(at), battle.id),
    )
    kept = _select(connection, "WHERE id = ?", battle.id)
    if not kept:
        raise NotFound(f"battle {battle.id!r} was not begun after all: one of its sides was refused")
    return kept[0]


def _sides(battle: Battle) -> tuple[tuple[str, Side], tuple[str, Side]]:
    return ("a", battle.side_a), ("b", battle.side_b)


def _select(connection: sqlite3.Connection, where: str, *values: object) -> list[Battle]:
    return [_battle(row) for row in connection.execute(f"{_BATTLES} {where}", values)]


def _battle(row: sqlite3.Row) -> Battle:
    return Battle(
        id=row["id"],
        user=row["user"],
        request=request_from_json(row["request"]),
        side_a=_side(row, "a"),
        side_b=_side(row, "b"),
        create_time=from_microseconds(row["create_time"]),
        end_time=None if row["end_time"] is None else from_microseconds(row["end_time"]),
    )


def _side(row: sqlite3.Row, name: str) -> Side:
    agent = AgentSpec(row[f"agent_{name}"], row[f"model_{name}"], row[f"adapter_{name}"])
    ending = row[f"ending_{name}"]
    return Side(agent, row[f"run_{name}"], None if ending is None else ending_from_json(ending))
