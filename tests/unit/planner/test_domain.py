"""The rules of a run, without anything around them."""

import random

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from toolmesh.planner.v1.run_event_pb2 import RunEvent
from toolmesh.planner.v1.run_service_pb2 import CreateRunRequest
from toolmesh_core.errors import Internal
from toolmesh_planner.domain.answer_relay import AnswerRelay
from toolmesh_planner.domain.next_action import next_action
from toolmesh_planner.domain.run_state import RunHeader, RunState
from toolmesh_planner.domain.run_view import run_of


async def test_the_fold_of_the_journal_is_the_live_state(world, says, wants):
    world.router.results["send"] = []
    world.decides(wants("add", "send"), wants("add"), says("x"))
    run = await world.run()
    header, events = world.journal.headers[run.id], world.journal.events[run.id]
    assert run_of(RunState.of(header, events)) == run
    for length in range(1, len(events)):
        copies = [RunEvent.FromString(event.SerializeToString()) for event in events[:length]]
        state = RunState.of(header, copies)
        assert next_action(state) == next_action(RunState.of(header, events[:length]))
        assert state.last_sequence == length


def test_a_gap_in_the_journal_is_a_damage_not_a_state():
    state = RunState(RunHeader("run_1", "ann", CreateRunRequest()))
    with pytest.raises(Internal, match="event 2 follows 0"):
        state.apply(RunEvent(sequence=2, time=Timestamp(seconds=1)))


def test_an_answer_written_again_is_passed_on_once():
    relay = AnswerRelay()
    rng = random.Random(7)
    text = "The quick brown fox"
    told = ""
    for _ in range(20):
        relay.begin()
        at = 0
        while at < rng.randint(0, len(text)):
            size = rng.randint(1, 4)
            told += relay.take(text[at : at + size])
            at += size
    assert text.startswith(told)


def test_another_answer_the_second_time_is_not_mixed_with_the_first():
    relay = AnswerRelay()
    relay.begin()
    assert relay.take("Yes, ") == "Yes, "
    relay.begin()
    assert relay.take("No, never. ") == ""
    assert relay.take("Not at all.") == ""
