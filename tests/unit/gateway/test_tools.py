"""Calling a tool over REST."""

from typing import Any

from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import Unavailable

InvokeToolResponse = tool_router_service_pb2.InvokeToolResponse


def succeeded(output_json: str) -> InvokeToolResponse:
    response = InvokeToolResponse()
    response.result.attempts = 1
    response.result.call_duration.nanos = 2_000_000
    response.result.tool_result.output_json = output_json
    return response


def refused() -> InvokeToolResponse:
    response = InvokeToolResponse()
    failure = response.result.tool_result.failure
    failure.reason, failure.message = "DIVISION_BY_ZERO", "argument 'b' is 0: give another divisor"
    return response


def progress(fraction: float) -> InvokeToolResponse:
    response = InvokeToolResponse()
    response.progress.fraction = fraction
    return response


async def test_a_call_answers_its_output_to_the_letter(ask: Any, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda request: succeeded('{"sum": 3.10}')
    reply = await ask("POST", "/v1/tools/add:invoke", b'{"arguments": {"b": 1.10, "a": 2}}')
    assert reply.status == 200
    head = b'{"output":{"sum": 3.10},"attempts":1,"call_duration":"0.002s","truncated":false,"artifacts":[]}'
    assert reply.body == head
    request = upstream.asked[0][1]
    assert (request.tool, request.arguments_json) == ("add", '{"b":1.10,"a":2}')
    assert request.result_only


async def test_artifacts_of_a_result_are_listed(ask: Any, upstream: Any) -> None:
    response = succeeded('"see the artifact"')
    response.result.truncated = True
    response.result.tool_result.artifacts.add(artifact="sha256-1", media_type="text/csv", size_bytes=2**33)
    upstream.answers["InvokeTool"] = lambda request: response
    reply = await ask("POST", "/v1/tools/add:invoke", {})
    assert reply.json["artifacts"] == [{"artifact": "sha256-1", "media_type": "text/csv", "size_bytes": 2**33}]
    assert reply.json["truncated"] is True


async def test_a_tool_that_says_no_is_a_422_with_its_reason(ask: Any, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda request: refused()
    reply = await ask("POST", "/v1/tools/divide:invoke", {"arguments": {"b": 0}})
    assert (reply.status, reply.json["reason"]) == (422, "DIVISION_BY_ZERO")
    assert reply.json["tool_failure"] == {
        "tool": "divide",
        "reason": "DIVISION_BY_ZERO",
        "message": "argument 'b' is 0: give another divisor",
        "retryable": False,
    }


async def test_whether_only_the_result_comes_is_not_the_clients_to_say(ask: Any) -> None:
    reply = await ask("POST", "/v1/tools/add:invoke", {"result_only": True, "context": {"user": "eve"}})
    assert [error["field"] for error in reply.json["errors"]] == ["result_only", "context"]


async def test_a_call_without_a_result_is_a_defect(ask: Any, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda request: progress(0.5)
    assert (await ask("POST", "/v1/tools/add:invoke", {})).json["reason"] == "NO_RESULT"


async def test_a_streamed_call_shows_progress_and_ends_with_the_result(ask: Any, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda request: [
        progress(0.5),
        InvokeToolResponse(partial_output="two\nlines"),
        succeeded('{\n "sum": 3\n}'),
    ]
    reply = await ask("POST", "/v1/tools/add:invoke?stream=true", {})
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = reply.body.decode().split("\n\n")
    assert events[0] == 'event: progress\ndata: {"fraction":0.5,"message":""}'
    assert events[1] == 'event: partial_output\ndata: {"text":"two\\nlines"}'
    assert events[2].startswith('event: result\ndata: {"output":{  "sum": 3 },"attempts":1')


async def test_a_streamed_call_that_the_tool_refuses_ends_with_an_error(ask: Any, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda request: [progress(0.5), refused()]
    reply = await ask("POST", "/v1/tools/add:invoke?stream=true", {})
    assert b"event: error\ndata: {" in reply.body
    assert b'"tool_failure"' in reply.body


async def test_an_error_before_the_first_event_has_its_http_status(ask: Any, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda request: [Unavailable("breaker open", reason="BREAKER_OPEN")]
    reply = await ask("POST", "/v1/tools/add:invoke?stream=true", {})
    assert (reply.status, reply.json["reason"]) == (503, "BREAKER_OPEN")


async def test_a_flag_must_be_true_or_false(ask: Any) -> None:
    reply = await ask("POST", "/v1/tools/add:invoke?stream=perhaps", {})
    assert reply.json["errors"][0]["field"] == "stream"


async def test_a_tool_shows_the_service_it_is_on(ask: Any, upstream: Any) -> None:
    response = tool_router_service_pb2.GetToolResponse(tool_service="calc")
    response.tool.name = "add"
    response.tool.arguments_schema_json = '{"type": "object"}'
    upstream.answers["GetTool"] = lambda request: response
    tool = (await ask("GET", "/v1/tools/add")).json
    assert (tool["name"], tool["tool_service"], tool["arguments_schema"]) == ("add", "calc", {"type": "object"})
