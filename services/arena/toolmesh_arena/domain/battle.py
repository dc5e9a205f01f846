"""A battle: one request, two sides, votes; and who may vote when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from toolmesh_arena.domain.agent import AgentSpec
from toolmesh_core.errors import AlreadyExists, FailedPrecondition, InvalidInput, PermissionDenied

MAX_REQUEST_ID_CHARACTERS = 128


class Outcome(Enum):
    """What a person says of the two."""

    A = "a"
    B = "b"
    TIE = "tie"
    BOTH_BAD = "both_bad"


class BattleState(Enum):
    """Where a battle is."""

    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Limits:
    """What each side may spend; 0 leaves it to the planner."""

    max_steps: int = 0
    max_tokens: int = 0
    max_duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """What both sides are asked, and with what."""

    input: str
    tools: tuple[str, ...] = ()
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool call with what came of it; both results empty where it never ended."""

    tool: str
    arguments_json: str
    output_json: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a side's run ended; with an error there is nothing to judge it by."""

    answer: str = ""
    tool_calls: tuple[ToolUse, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One agent at work; the run is empty until it is started, the ending None until it has ended."""

    agent: AgentSpec
    run: str = ""
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class Battle:
    """Two agents and one request."""

    id: str
    user: str
    request: Request
    side_a: Side
    side_b: Side
    create_time: datetime
    end_time: datetime | None = None

    @property
    def state(self) -> BattleState:
        """Where it is."""
        endings = (self.side_a.ending, self.side_b.ending)
        if None in endings:
            return BattleState.RUNNING
        return BattleState.FAILED if any(ending and ending.error for ending in endings) else BattleState.READY

    def runner(self, side: str) -> str:
        """The user that a side's run belongs to: neither the asker's nor the other side's."""
        return f"arena-{self.id}-{side}"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's word on one battle."""

    battle: str
    user: str
    outcome: Outcome
    request_id: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A vote as ratings see it."""

    agent_a: str
    agent_b: str
    outcome: Outcome


def check_request(request: Request) -> Request:
    """The request, or InvalidInput where it says nothing; the planner checks the rest."""
    if not request.input.strip():
        raise InvalidInput("'input' is empty; say in plain language what both agents shall do", field="input")
    return request


def check_request_id(request_id: str) -> str:
    """The id, or InvalidInput where it is too long to keep."""
    if len(request_id) > MAX_REQUEST_ID_CHARACTERS:
        raise InvalidInput(
            f"'request_id' has {len(request_id)} characters; at most {MAX_REQUEST_ID_CHARACTERS} fit",
            field="request_id",
        )
    return request_id


def check_may_vote(battle: Battle, user: str, owners: Mapping[str, str]) -> None:
    """Refuses a vote on what has not ended or has no two answers, and on the voter's own agent."""
    if battle.state is BattleState.RUNNING:
        raise FailedPrecondition(
            f"battle {battle.id} has not ended: vote when its state is 'ready'", reason="BATTLE_NOT_ENDED"
        )
    if battle.state is BattleState.FAILED:
        raise FailedPrecondition(
            f"battle {battle.id} failed, so there are no two answers to compare: start another", reason="BATTLE_FAILED"
        )
    if user in (owners.get(battle.side_a.agent.name), owners.get(battle.side_b.agent.name)):
        raise PermissionDenied(
            f"one of the two agents of battle {battle.id} is yours: others have to judge it", reason="OWN_AGENT"
        )


def already_voted(vote: Vote) -> AlreadyExists:
    """The error for a second vote."""
    return AlreadyExists(
        f"you have voted {vote.outcome.value!r} on battle {vote.battle}: each user votes once on a battle, for good",
        reason="ALREADY_VOTED",
    )
