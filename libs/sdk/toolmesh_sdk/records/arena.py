"""The arena: battles of two anonymous agents, and the leaderboard."""

from datetime import datetime
from typing import Any

from pydantic import Field

from toolmesh_sdk.records.record import Record
from toolmesh_sdk.records.run import RunLimits


class ArenaAgent(Record):
    """One who competes: a model, plain or with an adapter. An empty owner means the platform's own."""

    name: str
    model: str = ""
    adapter: str = ""
    owner: str = ""
    create_time: datetime | None = None


class ToolUse(Record):
    """One tool call with its output, or why it failed."""

    tool: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    output: Any = None
    failure: str = ""


class BattleSide(Record):
    """One agent at work; who it was is None until you have voted."""

    ended: bool = False
    answer: str = ""
    tool_calls: list[ToolUse] = Field(default_factory=list)
    agent: ArenaAgent | None = None
    error: str = ""


class Battle(Record):
    """One request, answered by two agents.

    state: "running", "ready" (votes are taken) or "failed" (the platform failed a side).
    vote: yours: "a", "b", "tie" or "both_bad"; empty before.
    """

    id: str
    user: str = ""
    input: str = ""
    tools: list[str] = Field(default_factory=list)
    limits: RunLimits | None = None
    state: str = "unspecified"
    side_a: BattleSide = BattleSide()
    side_b: BattleSide = BattleSide()
    vote: str = ""
    create_time: datetime | None = None
    end_time: datetime | None = None

    @property
    def ended(self) -> bool:
        """Neither side works any more."""
        return self.state in ("ready", "failed")


class BradleyTerryRating(Record):
    """A strength on Elo's scale with its 95% interval."""

    rating: float
    low: float = 0.0
    high: float = 0.0


class Standing(Record):
    """One agent's place; bradley_terry is None without votes."""

    place: int
    agent: ArenaAgent
    retired: bool = False
    elo: float = 0.0
    bradley_terry: BradleyTerryRating | None = None
    battles: int = 0
    wins: int = 0
    ties: int = 0


class Leaderboard(Record):
    """All agents, best first, and how many votes it was made from."""

    standings: list[Standing] = Field(default_factory=list)
    votes: int = 0
