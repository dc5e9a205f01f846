"""What the use cases need: storage, the planner that runs agents, inference that knows models."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from toolmesh_arena.domain.agent import Agent, AgentSpec, ServedModel
from toolmesh_arena.domain.battle import Battle, Ending, JudgedPair, Outcome, Request, Vote


class AgentStore(Protocol):
    """Agents, past and present."""

    async def keep_platform(self, specs: Sequence[AgentSpec], at: datetime) -> None:
        """Makes these, and no others, the platform's own agents. FailedPrecondition: a name stood for another model."""
        ...

    async def all(self) -> Sequence[Agent]:
        """All agents by name, retired ones too."""
        ...

    async def add(self, agent: Agent) -> Agent:
        """Keeps a user's agent, or returns the same one. AlreadyExists: the name or the model with adapter is taken."""
        ...

    async def retire(self, user: str, name: str) -> None:
        """Takes the user's agent out, if there is one. PermissionDenied: it is not the user's."""
        ...


class BattleStore(Protocol):
    """Battles and their sides."""

    async def begin(self, battle: Battle, request_id: str, most_running: int) -> Battle:
        """Keeps it, or returns the user's one of that request_id. ResourceExhausted: too many of the user's run."""
        ...

    async def find_request(self, user: str, request_id: str) -> Battle | None:
        """The user's battle of that request_id."""
        ...

    async def get(self, battle: str) -> Battle | None:
        """The battle of that id."""
        ...

    async def list(self, user: str, limit: int, before: str) -> Sequence[Battle]:
        """The user's battles, newest first; those before an id, unless it is empty."""
        ...

    async def running(self, user: str) -> Sequence[Battle]:
        """The user's battles that have not ended, as they were last seen."""
        ...

    async def save(self, battle: Battle, at: datetime) -> Battle:
        """Keeps its runs and endings, and the time once both sides have ended; gives what is kept now.

        An ending that is kept already stays: several may look at a battle at once.
        """
        ...

    async def forget(self, battle: str) -> None:
        """Removes a battle that never began."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """How many battles each agent has been in."""
        ...


class VoteStore(Protocol):
    """Votes in their order."""

    async def add(self, vote: Vote) -> None:
        """Keeps it; the same request_id again changes nothing. AlreadyExists: the user has voted on the battle."""
        ...

    async def of(self, user: str, battles: Sequence[str]) -> Mapping[str, Outcome]:
        """How the user voted, by battle."""
        ...

    async def count(self) -> int:
        """How many there are."""
        ...

    async def judged(self) -> Sequence[JudgedPair]:
        """All of them, in order."""
        ...


class Planner(Protocol):
    """Runs agents."""

    async def start(self, user: str, request: Request, agent: AgentSpec, request_id: str) -> str:
        """Starts a run, once for a request_id; gives its id. InvalidInput, NotFound: the request cannot be run."""
        ...

    async def look(self, user: str, run: str) -> Ending | None:
        """How a run ended; None while it goes on. A call that waits for approval is refused on the way."""
        ...

    async def stop(self, user: str, run: str) -> None:
        """Cancels a run."""
        ...


class ModelCatalog(Protocol):
    """The models that write text."""

    async def models(self) -> Sequence[ServedModel]:
        """All of them. Unavailable: inference does not answer."""
        ...
