"""Every RPC of the arena over gRPC, with a real store and a scripted planner."""

from datetime import timedelta
from typing import Any

import pytest

from toolmesh.arena.v1 import arena_service_pb2 as pb
from toolmesh.arena.v1 import battle_pb2
from toolmesh.planner.v1.run_pb2 import RunLimits
from toolmesh_core.errors import AlreadyExists, FailedPrecondition, InvalidInput, NotFound, PermissionDenied


async def begin(arena: Any, text: str = "2+2?", user: str = "ada", **more: Any) -> battle_pb2.Battle:
    return (await arena.StartBattle(pb.StartBattleRequest(user=user, input=text, **more))).battle


async def look(arena: Any, battle: str, user: str = "ada") -> battle_pb2.Battle:
    return (await arena.GetBattle(pb.GetBattleRequest(user=user, battle=battle))).battle


async def vote(arena: Any, battle: str, outcome: Any = battle_pb2.OUTCOME_A, user: str = "ada") -> battle_pb2.Battle:
    return (await arena.Vote(pb.VoteRequest(user=user, battle=battle, outcome=outcome))).battle


async def test_from_a_request_to_the_leaderboard(arena: Any) -> None:
    battle = await begin(arena)
    assert battle.state == battle_pb2.BATTLE_STATE_RUNNING
    ended = await look(arena, battle.id)
    assert ended.state == battle_pb2.BATTLE_STATE_READY
    assert {ended.side_a.answer, ended.side_b.answer} == {"plain says 4", "tuned says 4"}
    for side in (ended.side_a, ended.side_b):
        told = [(use.tool, use.arguments_json, use.output_json, use.failure) for use in side.tool_calls]
        assert told == [("calculate", '{"expression": "2+2"}', "4", ""), ("pay", "", "", "no money")]
        assert not side.HasField("agent")
    voted = await vote(arena, battle.id)
    assert voted.vote == battle_pb2.OUTCOME_A
    assert voted.side_a.answer.startswith(voted.side_a.agent.name)
    board = await arena.GetLeaderboard(pb.GetLeaderboardRequest(user="ada"))
    assert board.votes == 1
    assert [standing.agent.name for standing in board.standings] == [voted.side_a.agent.name, voted.side_b.agent.name]
    first = board.standings[0]
    assert (first.elo, first.wins, first.battles) == (1016.0, 1, 1)
    assert first.bradley_terry.low <= first.bradley_terry.rating <= first.bradley_terry.high


async def test_both_runs_get_the_same_tools_and_limits_and_users_of_their_own(arena: Any, neighbours: Any) -> None:
    limits = RunLimits(max_steps=3)
    limits.max_duration.FromTimedelta(timedelta(seconds=1.5))
    battle = await begin(arena, tools=["calculate"], limits=limits)
    one, other = neighbours.planner.runs.values()
    assert (list(one.tools), one.limits) == (["calculate"], limits) == (list(other.tools), other.limits)
    assert {(one.model, one.adapter), (other.model, other.adapter)} == {("smol", "none"), ("smol", "tuned")}
    assert set(neighbours.planner.users.values()) == {f"arena-{battle.id}-a", f"arena-{battle.id}-b"}
    assert (list(battle.tools), battle.limits) == (["calculate"], limits)


async def test_a_call_that_needs_a_person_is_refused(arena: Any, neighbours: Any) -> None:
    battle = await begin(arena, "approve")
    assert (await look(arena, battle.id)).state == battle_pb2.BATTLE_STATE_RUNNING
    assert {(refusal.tool_call_id, refusal.refuse) for refusal in neighbours.planner.refused} == {("c2", True)}
    assert (await look(arena, battle.id)).state == battle_pb2.BATTLE_STATE_READY


async def test_what_the_planner_refuses_is_told_and_leaves_nothing(arena: Any, neighbours: Any) -> None:
    with pytest.raises(InvalidInput, match="max_steps") as caught:
        await begin(arena, "refuse")
    assert caught.value.field == "limits.max_steps"
    assert len(neighbours.planner.cancelled) == 1
    assert not (await arena.ListBattles(pb.ListBattlesRequest(user="ada"))).battles


async def test_a_failed_battle_says_what_failed(arena: Any) -> None:
    battle = await begin(arena, "fail")
    failed = await look(arena, battle.id)
    assert failed.state == battle_pb2.BATTLE_STATE_FAILED
    assert failed.side_a.error == "a part of the platform failed: inference is down"


async def test_a_run_that_the_planner_has_lost_is_a_failed_battle(arena: Any, neighbours: Any) -> None:
    battle = await begin(arena, "forever")
    neighbours.planner.users.clear()
    assert (await look(arena, battle.id)).side_b.error == "the planner no longer has the run"


async def test_votes_are_refused_with_a_class_and_a_reason(arena: Any) -> None:
    running = await begin(arena, "forever")
    with pytest.raises(FailedPrecondition) as caught:
        await vote(arena, running.id)
    assert caught.value.reason == "BATTLE_NOT_ENDED"
    battle = await begin(arena)
    with pytest.raises(InvalidInput, match="outcome"):
        await vote(arena, battle.id, battle_pb2.OUTCOME_UNSPECIFIED)
    await vote(arena, battle.id, battle_pb2.OUTCOME_BOTH_BAD)
    with pytest.raises(AlreadyExists) as repeated:
        await vote(arena, battle.id)
    assert repeated.value.reason == "ALREADY_VOTED"
    with pytest.raises(NotFound):
        await vote(arena, "battle_none")


async def test_ones_own_agent_is_for_others_to_judge(arena: Any) -> None:
    await arena.CreateAgent(pb.CreateAgentRequest(user="eve", name="mine", adapter="other"))
    # Of three agents, two battles draw each at least once.
    refused = []
    for _ in range(2):
        battle = await begin(arena)
        await look(arena, battle.id)
        names = {side.agent.name for side in sides_of(await vote(arena, battle.id))}
        if "mine" in names:
            with pytest.raises(PermissionDenied) as caught:
                await vote(arena, battle.id, user="eve")
            refused.append(caught.value.reason)
        else:
            await vote(arena, battle.id, user="eve")
    assert "OWN_AGENT" in refused


def sides_of(battle: battle_pb2.Battle) -> tuple[battle_pb2.BattleSide, battle_pb2.BattleSide]:
    return battle.side_a, battle.side_b


async def test_agents_are_added_listed_in_pages_and_removed(arena: Any) -> None:
    added = await arena.CreateAgent(pb.CreateAgentRequest(user="eve", name="mine", model="default", adapter="other"))
    assert (added.agent.model, added.agent.owner) == ("smol", "eve")
    first = await arena.ListAgents(pb.ListAgentsRequest(user="ada", page_size=2))
    rest = await arena.ListAgents(pb.ListAgentsRequest(user="ada", page_token=first.next_page_token))
    assert [agent.name for agent in [*first.agents, *rest.agents]] == ["mine", "plain", "tuned"]
    with pytest.raises(PermissionDenied):
        await arena.DeleteAgent(pb.DeleteAgentRequest(user="ada", agent="mine"))
    await arena.DeleteAgent(pb.DeleteAgentRequest(user="eve", agent="mine"))
    assert len((await arena.ListAgents(pb.ListAgentsRequest(user="ada"))).agents) == 2


async def test_battles_are_listed_without_names(arena: Any) -> None:
    battle = await begin(arena)
    await look(arena, battle.id)
    (listed,) = (await arena.ListBattles(pb.ListBattlesRequest(user="ada"))).battles
    assert (listed.id, listed.side_a.ended, listed.side_a.HasField("agent")) == (battle.id, True, False)
    assert not (await arena.ListBattles(pb.ListBattlesRequest(user="bob"))).battles


@pytest.mark.parametrize("request_name", ["StartBattle", "GetBattle", "ListBattles", "GetLeaderboard", "ListAgents"])
async def test_nobody_asks_without_a_user(arena: Any, request_name: str) -> None:
    with pytest.raises(InvalidInput, match="user"):
        await getattr(arena, request_name)(getattr(pb, f"{request_name}Request")())
