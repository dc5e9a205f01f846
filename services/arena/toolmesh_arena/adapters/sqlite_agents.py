"""Agents in SQLite; none is ever removed, since votes stay under its name."""

import logging
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from toolmesh_arena.adapters.sqlite_schema import from_microseconds, to_microseconds
from toolmesh_arena.domain.agent import Agent, AgentSpec
from toolmesh_core.errors import AlreadyExists, FailedPrecondition, PermissionDenied
from toolmesh_core.sqlite_database import SqliteDatabase

logger = logging.getLogger(__name__)


class SqliteAgents:
    """The AgentStore over one database file."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def keep_platform(self, specs: Sequence[AgentSpec], at: datetime) -> None:
        """Makes these, and no others, the platform's own agents."""
        kept = [agent for agent in await self.all() if not agent.owner and not agent.retired]
        # Most calls find everything as it was, and need not wait for the writer.
        if {agent.spec for agent in kept} != set(specs):
            await self._database.write(lambda connection: _keep_platform(connection, specs, at))

    async def all(self) -> Sequence[Agent]:
        """All agents by name, retired ones too."""
        return await self._database.read(_all)

    async def add(self, agent: Agent) -> Agent:
        """Keeps a user's agent, or returns the same one."""
        return await self._database.write(lambda connection: _add(connection, agent))

    async def retire(self, user: str, name: str) -> None:
        """Takes the user's agent out, if there is one."""
        await self._database.write(lambda connection: _retire(connection, user, name))


def _all(connection: sqlite3.Connection) -> list[Agent]:
    return [_agent(row) for row in connection.execute("SELECT * FROM agents ORDER BY name")]


def _keep_platform(connection: sqlite3.Connection, specs: Sequence[AgentSpec], at: datetime) -> None:
    known = {agent.name: agent for agent in _all(connection)}
    connection.execute("UPDATE agents SET retired = 1 WHERE owner = ''")
    for spec in specs:
        had = known.get(spec.name)
        if had is None:
            _insert(connection, Agent(spec, "", at))
        elif had.owner:
            logger.warning("an agent of the platform is left out: a user has its name", extra={"agent": spec.name})
        elif had.spec != spec:
            raise FailedPrecondition(
                f"agent {spec.name!r} has been {_said(had.spec)} and is now to be {_said(spec)}: its votes would be "
                "mixed, so give it another name in TOOLMESH_ARENA_AGENTS",
                reason="AGENT_CHANGED",
            )
        else:
            connection.execute("UPDATE agents SET retired = 0 WHERE name = ?", (spec.name,))


def _add(connection: sqlite3.Connection, agent: Agent) -> Agent:
    for had in _all(connection):
        if had.name == agent.name:
            if (had.spec, had.owner, had.retired) == (agent.spec, agent.owner, False):
                return had
            state = "was used before, and its votes stay under it" if had.retired else "is taken"
            raise AlreadyExists(f"the name {agent.name!r} {state}: choose another", reason="AGENT_NAME_TAKEN")
        if had.spec.mind == agent.spec.mind and not had.retired:
            raise AlreadyExists(
                f"agent {had.name!r} is {_said(agent.spec)} already: two of the same would tell nothing",
                reason="AGENT_EXISTS",
            )
    _insert(connection, agent)
    return agent


def _insert(connection: sqlite3.Connection, agent: Agent) -> None:
    spec = agent.spec
    values = (spec.name, spec.model, spec.adapter, agent.owner, to_microseconds(agent.create_time))
    connection.execute("INSERT INTO agents VALUES (?, ?, ?, ?, ?, 0)", values)


def _retire(connection: sqlite3.Connection, user: str, name: str) -> None:
    row = connection.execute("SELECT * FROM agents WHERE name = ?", (name,)).fetchone()
    if row is None:
        return
    if row["owner"] != user:
        whose = "another user's" if row["owner"] else "the platform's own; TOOLMESH_ARENA_AGENTS says which those are"
        raise PermissionDenied(f"agent {name!r} is {whose}", reason="NOT_YOUR_AGENT")
    connection.execute("UPDATE agents SET retired = 1 WHERE name = ?", (name,))


def _said(spec: AgentSpec) -> str:
    return f"model {spec.model!r} with adapter {spec.adapter!r}" if spec.adapter else f"model {spec.model!r} alone"


def _agent(row: sqlite3.Row) -> Agent:
    spec = AgentSpec(row["name"], row["model"], row["adapter"])
    return Agent(spec, row["owner"], from_microseconds(row["create_time"]), bool(row["retired"]))
