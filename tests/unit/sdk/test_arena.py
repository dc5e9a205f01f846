"""The arena's calls, in both clients."""

from typing import Any

import pytest

from toolmesh_sdk import AlreadyExists, RunLimits

BATTLE = {"id": "battle_1", "state": "running", "side_a": {"ended": False}, "side_b": {"ended": False}}
ENDED = BATTLE | {
    "state": "ready",
    "side_a": {"ended": True, "answer": "4", "tool_calls": [{"tool": "calculate", "arguments": {"a": 2}, "output": 4}]},
}


async def test_a_battle_is_begun_once_and_waited_for(sdk: Any, platform: Any) -> None:
    platform.will_answer(BATTLE, BATTLE, BATTLE, ENDED)
    limits = RunLimits(max_steps=2)
    begun = await sdk.do(lambda client: client.arena.start("2+2?", tools=["calculate"], limits=limits))
    body = platform.body
    assert body.pop("request_id").startswith("request_")
    assert body == {"input": "2+2?", "tools": ["calculate"], "limits": {"max_steps": 2}}
    assert not begun.ended
    ended = await sdk.do(lambda client: client.arena.wait("battle_1"))
    assert platform.slept == [0.5, 0.5]
    assert ended.side_a.tool_calls[0].output == 4
    assert ended.side_a.agent is None


async def test_a_vote_is_sent_under_a_request_id_and_a_second_one_is_refused(sdk: Any, platform: Any) -> None:
    agent = {"name": "tuned", "model": "smol"}
    platform.will_answer(ENDED | {"vote": "tie", "side_b": {"ended": True, "agent": agent}})
    voted = await sdk.do(lambda client: client.arena.vote("battle_1", "tie"))
    assert platform.asked == ["POST /v1/arena/battles/battle_1:vote"]
    assert platform.body["outcome"] == "tie"
    assert platform.body["request_id"].startswith("request_")
    assert (voted.vote, voted.side_b.agent.name) == ("tie", "tuned")
    platform.will_refuse(409, detail="you have voted", code="ALREADY_EXISTS", reason="ALREADY_VOTED")
    with pytest.raises(AlreadyExists):
        await sdk.do(lambda client: client.arena.vote("battle_1", "a"))


async def test_the_leaderboard_is_typed(sdk: Any, platform: Any) -> None:
    rating = {"rating": 1100.5, "low": 1000, "high": 1200}
    platform.will_answer({"standings": [{"place": 1, "agent": {"name": "x"}, "bradley_terry": rating}], "votes": 7})
    board = await sdk.do(lambda client: client.arena.leaderboard())
    assert (board.votes, board.standings[0].bradley_terry.rating) == (7, 1100.5)


async def test_agents_and_battles_are_listed_page_by_page(sdk: Any, platform: Any) -> None:
    platform.will_answer({"agents": [{"name": "x"}], "next_page_token": "t"}, {"agents": [{"name": "y"}]})
    assert [agent.name for agent in await sdk.do(lambda client: client.arena.each_agent())] == ["x", "y"]
    platform.will_answer({"battles": [BATTLE]}, {"name": "z", "model": "smol"}, {})
    assert [battle.id for battle in await sdk.do(lambda client: client.arena.each())] == ["battle_1"]
    assert (await sdk.do(lambda client: client.arena.add_agent("z"))).model == "smol"
    await sdk.do(lambda client: client.arena.remove_agent("z"))
    assert platform.asked[-1] == "DELETE /v1/arena/agents/z"
