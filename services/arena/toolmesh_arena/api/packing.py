"""Between the contract's messages and the arena's data."""

from datetime import datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from toolmesh.arena.v1 import agent_pb2, arena_service_pb2, battle_pb2, leaderboard_pb2
from toolmesh.planner.v1.run_pb2 import RunLimits
from toolmesh_arena.app.rank_agents import Standing
from toolmesh_arena.app.read_battles import BattleView
from toolmesh_arena.domain.agent import Agent, AgentSpec
from toolmesh_arena.domain.battle import BattleState, Limits, Outcome, Request, Side, ToolUse
from toolmesh_core.errors import InvalidInput

_OUTCOMES: dict[int, Outcome] = {
    battle_pb2.OUTCOME_A: Outcome.A,
    battle_pb2.OUTCOME_B: Outcome.B,
    battle_pb2.OUTCOME_TIE: Outcome.TIE,
    battle_pb2.OUTCOME_BOTH_BAD: Outcome.BOTH_BAD,
}
_OUTCOME_NUMBERS = {outcome: number for number, outcome in _OUTCOMES.items()}
_STATES = {
    BattleState.RUNNING: battle_pb2.BATTLE_STATE_RUNNING,
    BattleState.READY: battle_pb2.BATTLE_STATE_READY,
    BattleState.FAILED: battle_pb2.BATTLE_STATE_FAILED,
}


def unpack_request(request: arena_service_pb2.StartBattleRequest) -> Request:
    """What both sides are asked."""
    asked = request.limits
    duration_s = asked.max_duration.ToTimedelta().total_seconds()
    return Request(request.input, tuple(request.tools), Limits(asked.max_steps, asked.max_tokens, duration_s))


def unpack_outcome(number: int) -> Outcome:
    """A vote's outcome; InvalidInput where none is said."""
    outcome = _OUTCOMES.get(number)
    if outcome is None:
        raise InvalidInput(f"outcome is {number}: say a, b, tie or both_bad", field="outcome")
    return outcome


def pack_battle(view: BattleView) -> battle_pb2.Battle:
    """A battle, with names only where the user may know them."""
    battle = view.battle
    packed = battle_pb2.Battle(
        id=battle.id,
        user=battle.user,
        input=battle.request.input,
        tools=battle.request.tools,
        state=_STATES[battle.state],
        side_a=_pack_side(battle.side_a, view),
        side_b=_pack_side(battle.side_b, view),
        create_time=_pack_time(battle.create_time),
    )
    if view.vote is not None:
        packed.vote = battle_pb2.Outcome.ValueType(_OUTCOME_NUMBERS[view.vote])
    if battle.request.limits != Limits():
        packed.limits.CopyFrom(_pack_limits(battle.request.limits))
    if battle.end_time is not None:
        packed.end_time.CopyFrom(_pack_time(battle.end_time))
    return packed


def pack_agent(agent: Agent) -> agent_pb2.Agent:
    """An agent."""
    packed = _pack_spec(agent.spec)
    packed.owner = agent.owner
    packed.create_time.CopyFrom(_pack_time(agent.create_time))
    return packed


def pack_standing(standing: Standing) -> leaderboard_pb2.Standing:
    """One row of the leaderboard."""
    score = standing.score
    packed = leaderboard_pb2.Standing(
        place=standing.place,
        agent=pack_agent(standing.agent),
        retired=standing.agent.retired,
        elo=score.elo,
        battles=score.battles,
        wins=score.wins,
        ties=score.ties,
    )
    if score.strength is not None:
        strength = score.strength
        rating = leaderboard_pb2.BradleyTerryRating(rating=strength.rating, low=strength.low, high=strength.high)
        packed.bradley_terry.CopyFrom(rating)
    return packed


def _pack_side(side: Side, view: BattleView) -> battle_pb2.BattleSide:
    packed = battle_pb2.BattleSide()
    if side.ending is not None:
        packed.ended = True
        packed.answer = side.ending.answer
        packed.tool_calls.extend(_pack_tool_use(use) for use in side.ending.tool_calls)
    if view.shows_names:
        packed.agent.CopyFrom(_pack_spec(side.agent))
    # An error may name the model, so it waits until there is nothing left to vote on.
    if side.ending is not None and view.battle.state is BattleState.FAILED:
        packed.error = side.ending.error
    return packed


def _pack_tool_use(use: ToolUse) -> battle_pb2.ToolUse:
    return battle_pb2.ToolUse(
        tool=use.tool, arguments_json=use.arguments_json, output_json=use.output_json, failure=use.failure
    )


def _pack_spec(spec: AgentSpec) -> agent_pb2.Agent:
    return agent_pb2.Agent(name=spec.name, model=spec.model, adapter=spec.adapter)


def _pack_limits(limits: Limits) -> RunLimits:
    packed = RunLimits(max_steps=limits.max_steps, max_tokens=limits.max_tokens)
    if limits.max_duration_s:
        packed.max_duration.FromTimedelta(timedelta(seconds=limits.max_duration_s))
    return packed


def _pack_time(time: datetime) -> Timestamp:
    packed = Timestamp()
    packed.FromDatetime(time)
    return packed
