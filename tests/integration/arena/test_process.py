"""The arena as a process: what it keeps over a kill, and bad settings."""

import subprocess
import sys
from typing import Any

import pytest

from toolmesh.arena.v1 import arena_service_pb2 as pb
from toolmesh.arena.v1 import battle_pb2
from toolmesh.arena.v1.arena_service_pb2_grpc import ArenaServiceStub
from toolmesh_core.channel import connect
from toolmesh_core.errors import AlreadyExists, Unavailable
from toolmesh_testing import process


async def test_battles_votes_and_agents_survive_a_kill(process_env: dict[str, str], neighbours: Any) -> None:
    async with process("toolmesh_arena", process_env) as first, connect(first.address) as channel:
        arena = ArenaServiceStub(channel)
        begun = pb.StartBattleRequest(user="ada", input="2+2?", request_id="r1")
        battle = (await arena.StartBattle(begun)).battle.id
        await arena.GetBattle(pb.GetBattleRequest(user="ada", battle=battle))
        await arena.Vote(pb.VoteRequest(user="ada", battle=battle, outcome=battle_pb2.OUTCOME_A))
        running = (await arena.StartBattle(pb.StartBattleRequest(user="ada", input="2*3?"))).battle.id
        before = await arena.GetLeaderboard(pb.GetLeaderboardRequest(user="ada"))
        first.kill()
        await first.wait()
    # Ended battles are the arena's own; the planner may forget their runs.
    neighbours.planner.users = {run: user for run, user in neighbours.planner.users.items() if running in run}
    async with process("toolmesh_arena", process_env) as second, connect(second.address) as channel:
        arena = ArenaServiceStub(channel)
        assert await arena.GetLeaderboard(pb.GetLeaderboardRequest(user="ada")) == before
        assert (await arena.StartBattle(begun)).battle.id == battle
        kept = (await arena.GetBattle(pb.GetBattleRequest(user="ada", battle=battle))).battle
        assert (kept.vote, kept.side_a.tool_calls[0].output_json) == (battle_pb2.OUTCOME_A, "4")
        with pytest.raises(AlreadyExists):
            await arena.Vote(pb.VoteRequest(user="ada", battle=battle, outcome=battle_pb2.OUTCOME_B))
        ended = (await arena.GetBattle(pb.GetBattleRequest(user="ada", battle=running))).battle
        assert ended.state == battle_pb2.BATTLE_STATE_READY
        second.terminate()
        assert await second.wait() == 0


async def test_without_neighbours_it_starts_and_says_that_they_do_not_answer(process_env: dict[str, str]) -> None:
    nowhere = {"TOOLMESH_ARENA_PLANNER_ADDRESS": "127.0.0.1:1", "TOOLMESH_ARENA_INFERENCE_ADDRESS": "127.0.0.1:1"}
    async with process("toolmesh_arena", process_env | nowhere) as started, connect(started.address) as channel:
        arena = ArenaServiceStub(channel)
        assert not (await arena.GetLeaderboard(pb.GetLeaderboardRequest(user="ada"))).standings
        with pytest.raises(Unavailable):
            await arena.StartBattle(pb.StartBattleRequest(user="ada", input="2+2?"))


def test_bad_settings_are_all_listed_and_nothing_starts() -> None:
    bad = {"TOOLMESH_ARENA_AGENTS": "x", "TOOLMESH_ARENA_BOOTSTRAP_ROUNDS": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "toolmesh_arena"], env=bad, capture_output=True, text=True, check=False, timeout=30
    )
    assert ended.returncode == 2
    for name in bad:
        assert name in ended.stderr
