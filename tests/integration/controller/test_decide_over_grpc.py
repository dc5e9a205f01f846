"""ControllerService.Decide in process: decisions, streams, errors, cancel."""

import asyncio
import json
from typing import Any

import pytest

from toolmesh.chat.v1 import message_pb2
from toolmesh.controller.v1 import controller_service_pb2 as pb
from toolmesh.inference.v1 import inference_service_pb2 as inference_pb
from toolmesh_core.errors import InvalidInput, NotFound, ResourceExhausted, Unavailable


async def test_a_call_comes_as_one_decision(rig: Any, add: pb.Candidate) -> None:
    (response,) = await rig.ask("Add 2 and 3", add)
    (call,) = response.decision.tool_calls.calls
    assert (call.tool, json.loads(call.arguments_json)) == ("add", {"a": 2, "b": 3})
    assert call.id.startswith("call_")
    assert [score.tool for score in response.decision.scores] == ["add", ""]


async def test_a_call_that_the_request_decides_costs_one_look_at_the_models_in_all(rig: Any, add: pb.Candidate) -> None:
    for _ in range(3):
        await rig.ask("Add 2 and 3", add)
    assert (rig.inference.generate_requests, rig.inference.score_requests, rig.inference.count_requests) == ([], [], [])


async def test_an_answer_is_streamed_piece_by_piece_before_its_decision(rig: Any) -> None:
    rig.inference.replies.append("All is well")
    responses = await rig.ask("How are you?")
    assert [response.answer_delta for response in responses[:-1]] == ["All", " is", " well"]
    decision = responses[-1].decision
    assert decision.answer == "All is well"
    assert decision.finish_reason == inference_pb.FINISH_REASON_STOP
    assert decision.usage.completion_tokens > 0


async def test_sampling_and_the_answers_constraint_reach_the_model(rig: Any) -> None:
    sampling = inference_pb.Sampling(temperature=0.5, seed=7, max_tokens=9, stop=["."])
    constraint = inference_pb.Constraint(json_schema='{"type": "object"}')
    await rig.ask("How are you?", sampling=sampling, answer_constraint=constraint)
    (request,) = rig.inference.generate_requests
    assert (request.sampling, request.constraint) == (sampling, constraint)


async def test_an_answer_without_a_limit_gets_ours(rig: Any) -> None:
    await rig.ask("How are you?")
    assert rig.inference.generate_requests[0].sampling.max_tokens == 512


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"required_tool": "fly"}, "required_tool"),
        ({"max_tool_calls": -1}, "max_tool_calls"),
        ({"tool_choice": pb.TOOL_CHOICE_REQUIRED}, "no candidates"),
    ],
)
async def test_a_request_that_cannot_be_met_is_refused_with_its_field(
    rig: Any, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        await rig.ask("How are you?", **fields)


async def test_no_messages_and_repeated_candidates_are_refused(rig: Any, add: pb.Candidate) -> None:
    with pytest.raises(InvalidInput, match="none given"):
        async for _ in rig.stub.Decide(pb.DecideRequest()):
            pass
    with pytest.raises(InvalidInput, match="a name of its own"):
        await rig.ask("Add 2 and 3", add, add)


async def test_an_unknown_model_is_not_found_by_name(rig: Any) -> None:
    with pytest.raises(NotFound, match="'gpt-nine' is not served; known: default, scripted"):
        await rig.ask("How are you?", model="gpt-nine")


@pytest.mark.parametrize("error", [Unavailable("engine down"), ResourceExhausted("queue full")])
async def test_an_error_of_inference_reaches_the_caller_as_it_is(rig: Any, error: Exception) -> None:
    rig.inference.errors.append(error)
    with pytest.raises(type(error), match=str(error)):
        await rig.ask("How are you?")


async def test_the_model_stops_when_the_caller_goes(rig: Any) -> None:
    rig.inference.replies.append("word " * 200_000)
    message = message_pb2.Message(role=message_pb2.ROLE_USER, content="How are you?")
    stream = rig.stub.Decide(pb.DecideRequest(messages=[message]))
    async for _ in stream:
        break
    assert not rig.inference.generated.is_set()
    stream.cancel()
    async with asyncio.timeout(10):
        await rig.inference.generated.wait()
