"""The arena's use cases over a real SQLite file, with a planner and models that a test decides."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from toolmesh_arena.adapters.sqlite_schema import MIGRATIONS
from toolmesh_arena.api.arena_servicer import ArenaServicer
from toolmesh_arena.bootstrap import arena
from toolmesh_arena.domain.agent import Agent, AgentSpec, ServedModel
from toolmesh_arena.domain.battle import Battle, Ending, Outcome, Request
from toolmesh_arena.settings import ArenaSettings
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_testing import FakeClock


@dataclass
class FakePlanner:
    """Runs that end when a test says so."""

    started: dict[str, tuple[str, AgentSpec, Request]] = field(default_factory=dict)
    endings: dict[str, Ending] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    refusals: dict[str, Exception] = field(default_factory=dict)

    async def start(self, user: str, request: Request, agent: AgentSpec, request_id: str) -> str:
        await asyncio.sleep(0)
        if agent.name in self.refusals:
            raise self.refusals[agent.name]
        self.started[request_id] = (user, agent, request)
        return f"run-{request_id}"

    async def look(self, user: str, run: str) -> Ending | None:
        return self.endings.get(run)

    async def stop(self, user: str, run: str) -> None:
        self.stopped.append(run)

    def end(self, error: str = "") -> None:
        """Ends all runs."""
        for request_id, (_, agent, _) in self.started.items():
            self.endings.setdefault(f"run-{request_id}", Ending(f"{agent.model} says 4", (), error))


@dataclass
class FakeCatalog:
    """What inference serves."""

    served: list[ServedModel] = field(default_factory=lambda: [ServedModel("smol", ("tuned",), is_default=True)])

    async def models(self) -> Sequence[ServedModel]:
        return self.served


@dataclass
class Stage:
    """The use cases and what stands around them."""

    uses: ArenaServicer
    planner: FakePlanner
    catalog: FakeCatalog
    database: SqliteDatabase
    clock: FakeClock

    async def begin(self, user: str = "ada", text: str = "2+2?", request_id: str = "") -> Battle:
        return await self.uses.start(user, Request(text), request_id)

    async def finished(self, user: str = "ada") -> Battle:
        """A battle that waits for votes."""
        battle = await self.begin(user)
        self.planner.end()
        return (await self.uses.read.get(user, battle.id)).battle

    async def judge(self, outcome: Outcome = Outcome.A, user: str = "ada") -> Battle:
        """A battle with a vote."""
        battle = await self.finished(user)
        await self.uses.vote(user, battle.id, outcome, "")
        return battle


def in_order(agents: Sequence[Agent]) -> list[Agent]:
    return list(agents)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    async with SqliteDatabase.open(tmp_path / "arena.sqlite3", MIGRATIONS) as opened:
        yield opened


@pytest.fixture
def stage(database: SqliteDatabase) -> Stage:
    planner, catalog, clock = FakePlanner(), FakeCatalog(), FakeClock()
    settings = ArenaSettings(bootstrap_rounds=100, most_running_battles_per_user=2)
    return Stage(arena(settings, database, planner, catalog, clock, in_order), planner, catalog, database, clock)
