"""The arena: battles, votes, the leaderboard, agents."""

from collections.abc import Sequence
from typing import Any

from toolmesh_core.ids import new_id
from toolmesh_sdk.records.arena import ArenaAgent, Battle, Leaderboard
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.records.run import RunLimits
from toolmesh_sdk.request import Request, delete, get, post, read_page, read_record, segment

_BATTLE = read_record(Battle)


def start_battle(
    text: str, *, tools: Sequence[str] = (), limits: RunLimits | None = None, request_id: str = ""
) -> Request[Battle]:
    """Starts a battle of two agents whose names are hidden, and returns it as it begins.

    Args:
        text: the request.
        tools: only these may be used; empty means all.
        limits: how much each of the two may spend.
        request_id: the same id means the same battle; one is made where it is empty, so that sending again is safe.
    """
    body: dict[str, Any] = {
        "input": text,
        "tools": list(tools),
        "limits": limits.to_given_json() if limits else {},
        "request_id": request_id or new_id("request"),
    }
    return post("/v1/arena/battles", _BATTLE, body, repeatable=True)


def get_battle(battle: str) -> Request[Battle]:
    """One battle as it is now; whoever knows the id may see it."""
    return get(f"/v1/arena/battles/{segment(battle)}", _BATTLE)


def list_battles(*, page_size: int = 0, page_token: str = "") -> Request[Page[Battle]]:
    """Your battles, newest first, each as it was last seen."""
    return get("/v1/arena/battles", read_page(Battle, "battles"), {"page_size": page_size, "page_token": page_token})


def vote(battle: str, outcome: str, *, request_id: str = "") -> Request[Battle]:
    """Votes "a", "b", "tie" or "both_bad", and tells who the two were.

    Raises FailedPrecondition where the battle has not ended, PermissionDenied where one of the two is yours,
    AlreadyExists where you have voted before.
    """
    body = {"outcome": outcome, "request_id": request_id or new_id("request")}
    return post(f"/v1/arena/battles/{segment(battle)}:vote", _BATTLE, body, repeatable=True)


def get_leaderboard() -> Request[Leaderboard]:
    """All agents, best first."""
    return get("/v1/arena/leaderboard", read_record(Leaderboard))


def list_agents(*, page_size: int = 0, page_token: str = "") -> Request[Page[ArenaAgent]]:
    """The agents that compete, by name."""
    return get("/v1/arena/agents", read_page(ArenaAgent, "agents"), {"page_size": page_size, "page_token": page_token})


def create_agent(name: str, *, model: str = "", adapter: str = "") -> Request[ArenaAgent]:
    """Adds an agent of yours, for others to judge; an empty model means the default one."""
    body = {"name": name, "model": model, "adapter": adapter}
    return post("/v1/arena/agents", read_record(ArenaAgent), body, repeatable=True)


def delete_agent(agent: str) -> Request[None]:
    """Takes an agent of yours out of the arena; its votes stay. An unknown one is no error."""
    return delete(f"/v1/arena/agents/{segment(agent)}")
