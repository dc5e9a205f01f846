"""A run's part in a conversation of several requests."""

import pytest

from toolmesh.chat.v1.message_pb2 import ROLE_ASSISTANT, ROLE_TOOL, ROLE_USER, Message
from toolmesh.planner.v1 import run_pb2
from toolmesh_core.errors import NotFound, Unavailable
from toolmesh_planner.domain.closing import mended_history


def _texts(messages):
    return [message.content or message.tool_calls[0].tool for message in messages]


async def test_a_later_request_uses_what_came_before(world, says, wants):
    world.decides(wants("add"), says("five"), says("ten"))
    await world.run("two and three", session="s")
    run = await world.run("twice that", session="s")
    seen = world.controller.requests[-1].messages
    assert _texts(seen) == ["two and three", "add", '{"ok": true}', "five", "twice that"]
    assert world.journal.events[run.id][0].run_started.history_messages == 4
    assert _texts(world.memory.appended[run.id]) == ["twice that", "ten"]


async def test_the_tools_of_the_turn_before_are_offered_again(world, says, wants):
    world.retriever.tools = world.retriever.tools[:1]
    world.decides(wants("add"), says("x"), says("y"))
    await world.run("weather in Rome?", session="s")
    world.retriever.tools = world.retriever.tools[:0]
    await world.run("and in Paris?", session="s")
    assert [candidate.tool.name for candidate in world.controller.requests[-1].candidates] == ["add"]


async def test_the_session_is_told_before_the_run_ends(world, says):
    world.decides(says("x"))
    order = []
    append = world.memory.append

    async def looking(user, session, run, messages):
        order.append(world.kinds(ran)[-1])
        await append(user, session, run, messages)

    world.memory.append = looking
    ran = await world.ask(session="s")
    await world.finish(ran)
    assert order == ["decision_made"]


async def test_a_session_of_somebody_else_is_not_found(world, says):
    world.decides(says("x"))
    await world.run(session="s")
    with pytest.raises(NotFound):
        await world.ask(user="bob", session="s")


async def test_memory_that_stays_away_fails_the_run_instead_of_forgetting_it(world, says):
    world.decides(says("42"))
    world.memory.errors = [Unavailable("memory is down", reason="MEMORY_DOWN")] * 1000
    run = await world.run(session="s")
    assert (run.state, run.end_reason) == (run_pb2.RUN_STATE_FAILED, run_pb2.END_REASON_PLATFORM_FAILURE)
    assert (run.error.reason, "42" in run.output) == ("MEMORY_DOWN", False)


async def test_a_failed_run_leaves_no_text_that_looks_like_an_answer(world):
    world.decides(*[Unavailable("gone")] * 1000)
    run = await world.run("hello", session="s")
    assert _texts(world.memory.appended[run.id]) == ["hello", f"[{run.output}]"]


async def test_messages_given_with_the_request_replace_the_history(world, says):
    world.decides(says("x"), says("y"))
    await world.run("first", session="s")
    messages = [
        Message(role=ROLE_USER, content="a"),
        Message(role=ROLE_ASSISTANT, content="b"),
        Message(role=ROLE_USER, content="c"),
    ]
    run = await world.run(session="s", messages=messages)
    assert _texts(world.controller.requests[-1].messages) == ["a", "b", "c"]
    assert _texts(world.memory.appended[run.id]) == ["c", "y"]


def test_a_cut_history_begins_at_a_request_and_every_call_has_a_result():
    call = {"id": "1", "tool": "mine", "arguments_json": "{}"}
    history = [
        Message(role=ROLE_TOOL, content="left over", tool_call_id="0"),
        Message(role=ROLE_ASSISTANT, content="left over"),
        Message(role=ROLE_USER, content="do"),
        Message(role=ROLE_ASSISTANT, tool_calls=[call]),
        Message(role=ROLE_USER, content="never mind"),
    ]
    mended = mended_history(history)
    assert [message.role for message in mended] == [ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL, ROLE_USER]
    assert "NO_RESULT" in mended[2].content
