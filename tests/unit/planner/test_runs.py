"""What a run does, from the request to its end."""

import asyncio

import pytest

from toolmesh.chat.v1.message_pb2 import ROLE_ASSISTANT, ROLE_TOOL, ROLE_USER, Message
from toolmesh.controller.v1.controller_service_pb2 import TOOL_CHOICE_NONE, TOOL_CHOICE_REQUIRED
from toolmesh.controller.v1.decision_pb2 import Decision
from toolmesh.planner.v1 import run_pb2
from toolmesh.planner.v1.run_pb2 import RunLimits
from toolmesh.tool.v1.tool_pb2 import Tool, ToolFailure, ToolResult
from toolmesh_core.errors import DeadlineExceeded, InvalidInput, NotFound, Unavailable
from toolmesh_planner.app.ports import RouterLost


async def test_a_question_that_needs_no_tool_is_answered(world, says):
    world.decides(says("42"))
    run = await world.run("what is it?")
    assert (run.state, run.end_reason) == (run_pb2.RUN_STATE_SUCCEEDED, run_pb2.END_REASON_ANSWERED)
    assert (run.output, run.input, run.step_count, run.model) == ("42", "what is it?", 1, "default")
    assert world.kinds(run) == ["run_started", "tools_retrieved", "decision_made", "run_ended"]
    assert run.last_sequence == 4


async def test_a_tools_output_is_observed_in_the_next_step(world, says, wants):
    world.router.results["add"] = [ToolResult(output_json='{"sum": 5}')]
    world.decides(wants("add", arguments='{"a": 2, "b": 3}'), says("5"))
    run = await world.run()
    observed = world.controller.requests[1].messages
    assert [message.role for message in observed] == [ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL]
    assert observed[2].content == '{"sum": 5}'
    assert observed[2].tool_call_id == observed[1].tool_calls[0].id != ""
    assert list(run.tools_called) == ["add"]
    assert run.usage.prompt_tokens == 20


async def test_the_candidates_carry_the_retrievers_scores(world, says):
    world.decides(says("x"))
    await world.run()
    candidates = world.controller.requests[0].candidates
    assert [(candidate.tool.name, candidate.score) for candidate in candidates] == [
        ("add", 0.9),
        ("send", 0.5),
        ("pay", 0.4),
    ]


async def test_calls_of_one_decision_run_at_once_and_are_observed_in_their_order(world, says, wants):
    world.router.gates = {"add": asyncio.Event(), "send": asyncio.Event()}
    world.decides(wants("add", "send"), says("done"))
    run = await world.ask()
    await world.until(lambda: len(world.router.calls) == 2)
    world.router.gates["send"].set()
    await world.until(lambda: "tool_call_finished" in world.kinds(run))
    world.router.gates["add"].set()
    await world.finish(run)
    assert [message.tool for message in world.controller.requests[1].messages if message.tool] == ["add", "send"]


async def test_a_decision_and_the_start_of_its_calls_are_one_commit(world, says, wants):
    world.decides(wants("add", "send"), says("done"))
    await world.run()
    # tools retrieved, decision with two starts, two results at the same time, answer with the end
    assert world.journal.commits <= 5


async def test_a_call_is_in_the_journal_before_it_is_sent(world, says, wants):
    seen = []
    invoke = world.router.invoke

    async def looking(call, context, *rest):
        seen.append([event.WhichOneof("event") for event in world.journal.events[context.run]][-1])
        return await invoke(call, context, *rest)

    world.router.invoke = looking
    world.decides(wants("send"), says("done"))
    await world.run()
    assert seen == ["tool_call_started"]


async def test_a_step_is_on_disk_before_the_next_decision_is_carried_out(world, says, wants):
    invoke = world.router.invoke

    async def then_the_disk_is_slow(call, context, *rest):
        world.journal.gate = world.journal.gate or asyncio.Event()
        return await invoke(call, context, *rest)

    world.router.invoke = then_the_disk_is_slow
    world.decides(wants("add"), wants("add"), says("done"))
    run = await world.ask()
    await world.until(lambda: len(world.controller.requests) == 2)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(world.router.calls) == 1
    world.journal.gate.set()
    assert (await world.finish(run)).output == "done"


async def test_a_tools_own_failure_is_told_to_the_llm(world, says, wants):
    failure = ToolFailure(reason="DIVISION_BY_ZERO", message="b is 0; choose another")
    world.router.results["add"] = [ToolResult(failure=failure)]
    world.decides(wants("add"), says("sorry"))
    run = await world.run()
    assert "b is 0; choose another" in world.controller.requests[1].messages[-1].content
    assert run.end_reason == run_pb2.END_REASON_ANSWERED


@pytest.mark.parametrize(
    "error",
    [
        InvalidInput('argument "a" is required', reason="BAD_ARGUMENTS"),
        NotFound("no tool 'add'", reason="UNKNOWN_TOOL"),
        Unavailable("its breaker is open", reason="BREAKER_OPEN"),
        DeadlineExceeded("too slow", reason="TOOL_TIMEOUT"),
    ],
)
async def test_a_typed_error_of_the_router_is_an_observation(world, says, wants, error):
    world.router.results["add"] = [error]
    world.decides(wants("add"), says("ok"))
    run = await world.run()
    finished = [
        event.tool_call_finished for event in world.journal.events[run.id] if event.HasField("tool_call_finished")
    ]
    assert finished[0].result.failure.reason == error.reason
    assert run.state == run_pb2.RUN_STATE_SUCCEEDED


async def test_a_lost_router_is_asked_again_where_the_tool_is_idempotent(world, says, wants):
    world.router.results["add"] = [RouterLost("gone", sent=True), ToolResult(output_json="1")]
    world.decides(wants("add"), says("1"))
    run = await world.run()
    assert (run.output, len(world.router.calls)) == ("1", 2)


async def test_a_lost_router_ends_the_run_where_the_call_may_have_taken_effect(world, wants):
    world.router.results["send"] = [RouterLost("gone", sent=True)]
    world.decides(wants("send"))
    run = await world.run()
    assert (run.end_reason, run.error.reason) == (run_pb2.END_REASON_PLATFORM_FAILURE, "OUTCOME_UNKNOWN")
    assert len(world.router.calls) == 1


async def test_a_call_that_was_never_sent_is_made_when_the_router_is_back(world, says, wants):
    world.router.results["send"] = [RouterLost("not there", sent=False), ToolResult(output_json="1")]
    world.decides(wants("send"), says("sent"))
    assert (await world.run()).output == "sent"


async def test_a_controller_that_is_away_is_asked_again(world, says):
    world.decides(Unavailable("gone"), Unavailable("gone"), says("here"))
    assert (await world.run()).output == "here"
    assert world.pauses == [0.05, 0.1]


async def test_a_controller_that_stays_away_fails_the_run_with_its_error(world):
    world.decides(*[Unavailable("inference is down", reason="INFERENCE_DOWN")] * 100)
    run = await world.run()
    assert (run.state, run.end_reason) == (run_pb2.RUN_STATE_FAILED, run_pb2.END_REASON_PLATFORM_FAILURE)
    assert (run.error.code, run.error.reason) == ("UNAVAILABLE", "INFERENCE_DOWN")
    assert run.output.startswith("The run ended without an answer")
    assert sum(world.pauses) <= world.settings.neighbour_patience_s


async def test_a_request_that_the_controller_refuses_is_not_repeated(world):
    world.decides(InvalidInput("temperature is -1"))
    run = await world.run()
    assert (run.error.code, world.pauses) == ("INVALID_ARGUMENT", [])


async def test_a_retriever_that_stays_away_fails_the_run(world):
    world.retriever.errors = [Unavailable("gone", reason="RETRIEVER_DOWN")] * 100
    run = await world.run()
    assert run.error.reason == "RETRIEVER_DOWN"


async def test_a_defect_ends_the_run_instead_of_leaving_it(world):
    def broken(request):
        raise KeyError("boom")

    world.decides(broken)
    run = await world.run()
    assert (run.end_reason, run.error.reason) == (run_pb2.END_REASON_PLATFORM_FAILURE, "DEFECT")
    assert "boom" not in run.output


async def test_a_question_back_ends_the_run_with_the_question(world):
    world.decides(Decision(question="Which city?"))
    run = await world.run()
    assert (run.end_reason, run.output) == (run_pb2.END_REASON_QUESTION, "Which city?")


async def test_the_step_limit_ends_the_run_and_says_so(world, wants):
    world.decides(wants("add"), wants("add"))
    run = await world.run(limits=RunLimits(max_steps=2))
    assert (run.end_reason, run.step_count) == (run_pb2.END_REASON_STEP_LIMIT, 2)
    assert "2 steps" in run.output
    assert list(run.tools_called) == ["add", "add"]


async def test_the_token_limit_ends_the_run_and_says_so(world, wants):
    world.decides(wants("add"))
    run = await world.run(limits=RunLimits(max_tokens=11))
    assert run.end_reason == run_pb2.END_REASON_TOKEN_LIMIT
    assert "11 tokens" in run.output


async def test_the_time_limit_ends_the_run_and_says_so(world, wants):
    limits = RunLimits()
    limits.max_duration.FromSeconds(5)

    def slow(request):
        world.clock.advance(6)
        return wants("add")

    world.decides(slow)
    run = await world.run(limits=limits)
    assert run.end_reason == run_pb2.END_REASON_TIME_LIMIT
    assert "5 seconds" in run.output
    assert world.router.calls == []


async def test_the_time_limit_cuts_a_call_off(world, wants):
    world.router.gates["add"] = asyncio.Event()
    limits = RunLimits()
    limits.max_duration.FromMilliseconds(20)
    world.decides(wants("add"))
    run = await world.run(limits=limits)
    assert run.end_reason == run_pb2.END_REASON_TIME_LIMIT
    assert len(world.router.cancelled) == 1
    assert world.kinds(run)[-2:] == ["tool_call_finished", "run_ended"]


async def test_named_tools_are_the_only_ones_offered(world, says):
    world.decides(says("x"))
    await world.run(tools=["send"])
    assert [candidate.tool.name for candidate in world.controller.requests[0].candidates] == ["send"]
    assert world.retriever.searches[0][2] == ["send"]


async def test_a_named_tool_that_the_search_does_not_know_is_offered_all_the_same(world, says):
    world.router.tools["new"] = Tool(name="new")
    world.decides(says("x"))
    await world.run(tools=["new"])
    assert [candidate.tool.name for candidate in world.controller.requests[0].candidates] == ["new"]


async def test_an_unknown_named_tool_is_refused_at_once(world):
    with pytest.raises(NotFound):
        await world.ask(tools=["nothing"])


async def test_the_first_step_alone_is_bound_by_the_tool_choice(world, says, wants):
    world.decides(wants("send"), says("x"))
    await world.run(tool_choice=TOOL_CHOICE_REQUIRED, required_tool="send")
    first, second = world.controller.requests
    assert (first.tool_choice, first.required_tool) == (TOOL_CHOICE_REQUIRED, "send")
    assert (second.tool_choice, second.required_tool) == (0, "")


async def test_where_no_tool_may_be_called_none_is_searched(world, says):
    world.decides(says("x"))
    await world.run(tool_choice=TOOL_CHOICE_NONE)
    assert world.retriever.searches == []
    assert list(world.controller.requests[0].candidates) == []


async def test_calls_of_the_clients_tools_end_the_run_and_are_handed_over(world, wants):
    world.decides(wants("mine", arguments='{"x": 1}'))
    run = await world.run(client_tools=[Tool(name="mine", arguments_schema_json='{"type": "object"}')])
    assert (run.state, run.end_reason) == (run_pb2.RUN_STATE_SUCCEEDED, run_pb2.END_REASON_CLIENT_TOOL_CALLS)
    assert [(call.tool, call.arguments_json) for call in run.client_tool_calls] == [("mine", '{"x": 1}')]
    assert (run.output, world.router.calls, world.retriever.searches) == ("", [], [])


async def test_a_conversation_that_ends_with_a_tools_result_goes_on(world, says):
    messages = [
        Message(role=ROLE_USER, content="weather?"),
        Message(role=ROLE_ASSISTANT, tool_calls=[{"id": "c1", "tool": "mine", "arguments_json": "{}"}]),
        Message(role=ROLE_TOOL, content="sunny", tool_call_id="c1", tool="mine"),
    ]
    world.decides(says("sunny"))
    run = await world.run(messages=messages)
    assert (run.input, run.output) == ("weather?", "sunny")
    assert list(world.controller.requests[0].messages) == messages


async def test_a_call_of_a_tool_that_was_not_offered_is_not_made(world, says, wants):
    world.decides(wants("hack"), says("x"))
    run = await world.run()
    assert world.router.calls == []
    assert "UNKNOWN_TOOL" in world.controller.requests[1].messages[-1].content
    assert run.end_reason == run_pb2.END_REASON_ANSWERED


async def test_call_ids_are_unique_in_a_run_whatever_the_controller_gives(world, says):
    def same_id(request):
        return Decision(tool_calls={"calls": [{"id": "c", "tool": "add"}, {"id": "c", "tool": "add"}]})

    world.decides(same_id, same_id, says("x"))
    run = await world.run()
    started = [
        event.tool_call_started.call.id for event in world.journal.events[run.id] if event.HasField("tool_call_started")
    ]
    assert len(started) == len(set(started)) == 4


async def test_a_call_says_for_whom_it_is_made(world, says, wants):
    world.decides(wants("add"), says("x"))
    run = await world.run(user="bob", session="s1")
    context = world.router.contexts[0]
    assert (context.user, context.session, context.run) == ("bob", "s1", run.id)
    assert context.tool_call_id == world.router.calls[0].id
