"""Deploying tools over REST, and reading their logs."""

from typing import Any

from toolmesh.tool_host.v1 import tool_host_service_pb2 as pb
from toolmesh_core.errors import FailedPrecondition, InvalidInput

BODY = {"name": "crm", "source": {"python": {"files": [{"path": "a.py", "content": "eCA9IDE="}], "secrets": ["KEY"]}}}


def stage(text: str) -> pb.DeployResponse:
    return pb.DeployResponse(stage=text)


def deployed() -> pb.DeployResponse:
    response = pb.DeployResponse()
    response.deployment.name, response.deployment.version, response.deployment.state = "crm", 2, 2
    return response


async def test_a_deployment_is_answered_when_it_serves(ask: Any, upstream: Any) -> None:
    upstream.answers["Deploy"] = lambda request: [stage("starting"), deployed()]
    reply = await ask("POST", "/v1/tool-deployments", BODY)
    assert (reply.status, reply.json["name"], reply.json["version"], reply.json["state"]) == (200, "crm", 2, "ready")
    [file] = upstream.asked[0][1].source.python.files
    assert (file.path, file.content) == ("a.py", b"x = 1")


async def test_stages_are_streamed_and_the_deployment_comes_last(ask: Any, upstream: Any) -> None:
    upstream.answers["Deploy"] = lambda request: [stage("starting"), deployed()]
    reply = await ask("POST", "/v1/tool-deployments?stream=true", BODY)
    first, last = reply.body.decode().strip().split("\n\n")
    assert first == 'event: stage\ndata: {"stage":"starting"}'
    assert last.startswith('event: deployment\ndata: {"name":"crm"')


async def test_a_refusal_is_a_status_or_in_a_stream_an_event(ask: Any, upstream: Any) -> None:
    upstream.answers["Deploy"] = lambda request: [InvalidInput("a.py:3: SyntaxError", reason="BAD_SOURCE")]
    reply = await ask("POST", "/v1/tool-deployments?stream=true", BODY)
    assert (reply.status, reply.json["reason"]) == (400, "BAD_SOURCE")
    refusal = FailedPrecondition("it crashed", reason="NOT_HEALTHY")
    upstream.answers["Deploy"] = lambda request: [stage("starting"), refusal]
    assert (await ask("POST", "/v1/tool-deployments", BODY)).status == 409
    streamed = (await ask("POST", "/v1/tool-deployments?stream=true", BODY)).body.decode()
    assert 'event: error\ndata: {"type"' in streamed or '"reason":"NOT_HEALTHY"' in streamed


async def test_a_name_and_a_source_must_be_given(ask: Any) -> None:
    reply = await ask("POST", "/v1/tool-deployments", {"limits": {"memory_bytes": 1}})
    assert [error["field"] for error in reply.json["errors"]] == ["name", "source"]


async def test_a_log_is_one_answer_or_goes_on_as_events(ask: Any, upstream: Any) -> None:
    upstream.answers["ReadLogs"] = lambda request: [pb.ReadLogsResponse(lines=["a", "b"])]
    reply = await ask("GET", "/v1/tool-deployments/crm/logs?tail_lines=2")
    assert reply.json == {"lines": ["a", "b"]}
    request = upstream.asked[0][1]
    assert (request.name, request.tail_lines, request.follow) == ("crm", 2, False)
    followed = await ask("GET", "/v1/tool-deployments/crm/logs?follow=true")
    assert followed.body == b'event: lines\ndata: {"lines":["a","b"]}\n\n'
