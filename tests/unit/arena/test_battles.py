"""Battles: both sides or none, names hidden until the vote, and votes that are refused."""

import asyncio
from dataclasses import replace

import pytest

from toolmesh_arena.api.packing import pack_battle
from toolmesh_arena.domain.agent import AgentSpec, ServedModel
from toolmesh_arena.domain.battle import Battle, BattleState, Ending, Outcome, Request, Side, check_may_vote
from toolmesh_core.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)
from toolmesh_testing import FakeClock


async def test_both_sides_get_the_same_request_and_differ_in_the_agent(stage) -> None:
    battle = await stage.uses.start("ada", Request("2+2?", ("calculate",)), "")
    (user_a, agent_a, request_a), (user_b, agent_b, request_b) = stage.planner.started.values()
    assert request_a == request_b == Request("2+2?", ("calculate",))
    assert agent_a.mind != agent_b.mind
    assert len({user_a, user_b, "ada"}) == 3
    assert battle.state is BattleState.RUNNING


async def test_the_same_request_id_is_the_same_battle_for_one_user_only(stage) -> None:
    first = await stage.begin(request_id="r1")
    assert (await stage.begin(request_id="r1")).id == first.id
    assert (await stage.begin("bob", request_id="r1")).id != first.id
    assert len(stage.planner.started) == 4


async def test_the_same_request_id_at_the_same_time_is_one_battle(stage) -> None:
    one, other = await asyncio.gather(stage.begin(request_id="r1"), stage.begin(request_id="r1"))
    assert one.id == other.id
    assert len(stage.planner.started) == 2


async def test_where_one_side_is_refused_the_other_is_stopped_and_nothing_is_kept(stage) -> None:
    stage.planner.refusals["smol+tuned"] = Unavailable("the planner is full")
    with pytest.raises(Unavailable, match="full"):
        await stage.begin(request_id="r1")
    assert len(stage.planner.stopped) == 1
    assert (await stage.uses.read.page("ada", 0, ""))[0] == []
    stage.planner.refusals.clear()
    assert (await stage.begin(request_id="r1")).state is BattleState.RUNNING


async def test_runs_that_a_crash_kept_from_starting_are_started_at_the_next_look(stage) -> None:
    battle = await stage.begin()
    statement = "UPDATE sides SET run = '' WHERE side = 'b'"
    await stage.database.write(lambda connection: connection.execute(statement).rowcount)
    del stage.planner.started[f"{battle.id}-b"]
    found = await stage.uses.read.get("ada", battle.id)
    assert found.battle.side_b.run
    assert f"{battle.id}-b" in stage.planner.started


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_an_empty_request_is_refused(stage, text: str) -> None:
    with pytest.raises(InvalidInput, match="input"):
        await stage.begin(text=text)


async def test_with_one_agent_no_battle_begins(stage) -> None:
    stage.catalog.served = [ServedModel("smol", (), True)]
    with pytest.raises(FailedPrecondition, match="agents add"):
        await stage.begin()


async def test_a_user_may_run_only_so_many_and_ended_ones_do_not_count(stage) -> None:
    await stage.begin()
    await stage.begin()
    with pytest.raises(ResourceExhausted, match="at most 2"):
        await stage.begin()
    await stage.begin("bob")
    stage.planner.end()
    assert (await stage.begin()).state is BattleState.RUNNING


async def test_names_are_hidden_until_ones_own_vote(stage) -> None:
    battle = await stage.finished()
    hidden = pack_battle(await stage.uses.read.get("ada", battle.id))
    assert hidden.side_a.answer == "smol says 4"
    assert not hidden.side_a.HasField("agent")
    assert not hidden.side_b.HasField("agent")
    shown = pack_battle(await stage.uses.vote("ada", battle.id, Outcome.B, ""))
    assert {shown.side_a.agent.name, shown.side_b.agent.name} == {"smol", "smol+tuned"}
    assert not pack_battle(await stage.uses.read.get("bob", battle.id)).side_a.HasField("agent")
    listed, _ = await stage.uses.read.page("ada", 0, "")
    assert listed[0].vote is Outcome.B


async def test_a_battle_that_has_not_ended_takes_no_vote(stage) -> None:
    battle = await stage.begin()
    with pytest.raises(FailedPrecondition, match="has not ended") as caught:
        await stage.uses.vote("ada", battle.id, Outcome.A, "")
    assert caught.value.reason == "BATTLE_NOT_ENDED"


async def test_a_half_ended_battle_takes_no_vote(stage) -> None:
    battle = await stage.begin()
    stage.planner.end()
    del stage.planner.endings[f"run-{battle.id}-b"]
    with pytest.raises(FailedPrecondition, match="has not ended"):
        await stage.uses.vote("ada", battle.id, Outcome.A, "")


async def test_a_battle_that_the_platform_failed_takes_no_vote_and_says_why(stage) -> None:
    battle = await stage.begin()
    stage.planner.end(error="inference does not answer")
    with pytest.raises(FailedPrecondition, match="failed") as caught:
        await stage.uses.vote("ada", battle.id, Outcome.A, "")
    assert caught.value.reason == "BATTLE_FAILED"
    packed = pack_battle(await stage.uses.read.get("ada", battle.id))
    assert packed.side_a.error == "inference does not answer"
    assert packed.side_a.agent.name


async def test_nobody_votes_on_their_own_agent(stage) -> None:
    stage.catalog.served = [ServedModel("smol", (), True), ServedModel("big", (), False)]
    await stage.uses.create_agent("eve", "mine", "big", "")
    battle = await stage.finished()
    with pytest.raises(PermissionDenied, match="is yours") as caught:
        await stage.uses.vote("eve", battle.id, Outcome.A, "")
    assert caught.value.reason == "OWN_AGENT"
    await stage.uses.agents.retire("eve", "mine")
    with pytest.raises(PermissionDenied):
        await stage.uses.vote("eve", battle.id, Outcome.A, "")
    assert (await stage.uses.vote("ada", battle.id, Outcome.A, "")).vote is Outcome.A


@pytest.mark.parametrize("mine", ["x", "y"])
def test_it_does_not_matter_on_which_side_ones_own_agent_is(mine: str) -> None:
    sides = [Side(AgentSpec(name, name), "run", Ending("4")) for name in "xy"]
    battle = Battle("b", "ada", Request("2+2?"), *sides, FakeClock().now())
    with pytest.raises(PermissionDenied):
        check_may_vote(battle, "eve", {"x": "", "y": "", mine: "eve"})
    check_may_vote(battle, "ada", {"x": "", "y": "", mine: "eve"})


async def test_a_user_votes_once_on_a_battle(stage) -> None:
    battle = await stage.judge(Outcome.A)
    for outcome in (Outcome.A, Outcome.B):
        with pytest.raises(AlreadyExists, match="'a'") as caught:
            await stage.uses.vote("ada", battle.id, outcome, "")
    assert caught.value.reason == "ALREADY_VOTED"
    await stage.uses.vote("bob", battle.id, Outcome.TIE, "")
    assert (await stage.uses.rank())[1] == 2


async def test_a_vote_sent_twice_under_one_request_id_is_one_vote(stage) -> None:
    battle = await stage.finished()
    for _ in range(2):
        assert (await stage.uses.vote("ada", battle.id, Outcome.A, "v1")).vote is Outcome.A
    assert (await stage.uses.rank())[1] == 1


async def test_votes_at_the_same_time_are_one(stage) -> None:
    battle = await stage.finished()
    said = await asyncio.gather(
        *(stage.uses.vote("ada", battle.id, Outcome.A, "") for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, AlreadyExists) for one in said) == 4


async def test_two_who_each_saw_another_side_end_have_ended_the_battle(stage) -> None:
    battle = await stage.begin()
    one = replace(battle, side_a=replace(battle.side_a, ending=Ending("4")))
    other = replace(battle, side_b=replace(battle.side_b, ending=Ending("5")))
    store = stage.uses.read.battles
    assert (await store.save(one, stage.clock.now())).end_time is None
    ended = await store.save(other, stage.clock.now())
    assert (ended.state, ended.end_time) == (BattleState.READY, stage.clock.now())
    assert await store.running("ada") == []


async def test_an_unknown_battle_is_not_found(stage) -> None:
    with pytest.raises(NotFound):
        await stage.uses.read.get("ada", "battle_nothing")
    with pytest.raises(NotFound):
        await stage.uses.vote("ada", "battle_nothing", Outcome.A, "")


async def test_ones_own_battles_are_listed_in_pages(stage) -> None:
    begun = [(await stage.judge()).id for _ in range(3)]
    await stage.judge(user="bob")
    first, token = await stage.uses.read.page("ada", 2, "")
    second, end = await stage.uses.read.page("ada", 2, token)
    assert {view.battle.id for view in [*first, *second]} == set(begun)
    assert (len(first), end) == (2, "")


async def test_the_leaderboard_has_votes_in_order_and_agents_without_votes_last(stage) -> None:
    battle = await stage.judge(Outcome.A)
    stage.catalog.served = [ServedModel("smol", ("tuned", "new"), True)]
    await stage.uses.roster.listed()
    standings, votes = await stage.uses.rank()
    assert [(s.place, s.agent.name, s.score.battles) for s in standings] == [
        (1, battle.side_a.agent.name, 1),
        (2, battle.side_b.agent.name, 1),
        (3, "smol+new", 0),
    ]
    assert (votes, standings[0].score.elo, standings[2].score.strength) == (1, 1016.0, None)


async def test_a_retired_agent_keeps_its_place_by_its_votes(stage) -> None:
    await stage.judge(Outcome.A)
    stage.catalog.served = [ServedModel("smol", (), True)]
    await stage.uses.roster.listed()
    standings, _ = await stage.uses.rank()
    assert {s.agent.name: s.agent.retired for s in standings} == {"smol": False, "smol+tuned": True}
