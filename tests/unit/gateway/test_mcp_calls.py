"""tools/call: what goes in, what comes out, progress, cancelling, and a request that is sent twice."""

import asyncio
from typing import Any

import pytest

from toolmesh.memory.v1 import memory_service_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import (
    DeadlineExceeded,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    ToolMeshError,
    Unavailable,
)
from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.mcp.json_rpc import Message
from toolmesh_gateway.api.mcp.rpc_exchange import Reply, RpcExchange
from toolmesh_gateway.domain.routes import ROUTES, Face

from .mcp_client import McpClient, OpenStream, messages_of, request

Response = tool_router_service_pb2.InvokeToolResponse
ADD = {"name": "add", "arguments": {"a": 2}}
WITH_TOKEN = ADD | {"_meta": {"progressToken": "t"}}


def gave(output_json: str, **artifact: Any) -> Response:
    response = Response()
    response.result.tool_result.output_json = output_json
    if artifact:
        response.result.tool_result.artifacts.add(**artifact)
    return response


def progress(fraction: float, message: str = "") -> Response:
    response = Response()
    response.progress.fraction, response.progress.message = fraction, message
    return response


@pytest.fixture
def client(ask: Any, upstream: Any) -> McpClient:
    upstream.answers["GetTool"] = lambda asked: tool_router_service_pb2.GetToolResponse()
    upstream.answers["InvokeTool"] = lambda asked: gave("3")
    return McpClient(ask)


def invoked(upstream: Any) -> list[Any]:
    return [asked for rpc, asked in upstream.asked if rpc.endswith("/InvokeTool")]


async def result_of(client: McpClient, params: Any = ADD) -> Any:
    return (await client.call_stateless("tools/call", params)).json["result"]


async def test_arguments_go_in_to_the_letter_and_as_the_keys_user(client: McpClient, upstream: Any) -> None:
    await client.begin()
    await client.post(
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
        b'"params":{"name":"add","arguments":{"b":1.10,"a":123456789012345678901}}}'
    )
    (asked,) = invoked(upstream)
    assert (asked.tool, asked.arguments_json) == ("add", '{"b":1.10,"a":123456789012345678901}')
    assert asked.result_only
    assert upstream.users[-1] == "main-user"


@pytest.mark.parametrize(
    ("output", "text", "structured"),
    [
        ('{"sum": 3.10}', '{"sum": 3.10}', b'{"sum": 3.10}'),
        ('"two\\nlines"', "two\nlines", b'"two\\nlines"'),
        ("[1,2]", "[1,2]", b"[1,2]"),
        ("null", "null", b"null"),
    ],
)
async def test_an_output_comes_out_as_text_and_structure(
    client: McpClient, upstream: Any, output: str, text: str, structured: bytes
) -> None:
    upstream.answers["InvokeTool"] = lambda asked: gave(output)
    reply = await client.call_stateless("tools/call", ADD)
    assert reply.json["result"]["content"] == [{"type": "text", "text": text}]
    assert b'"structuredContent":' + structured in reply.body
    await client.begin()
    in_session = (await client.call("tools/call", ADD)).json["result"]
    assert ("structuredContent" in in_session) == output.startswith("{")


async def test_a_tools_no_is_a_result_with_its_reason(client: McpClient, upstream: Any) -> None:
    response = Response()
    failure = response.result.tool_result.failure
    failure.reason, failure.message = "DIVISION_BY_ZERO", "argument 'b' is 0"
    upstream.answers["InvokeTool"] = lambda asked: response
    result = await result_of(client)
    assert (result["isError"], result["content"][0]["text"]) == (True, "argument 'b' is 0")
    assert result["_meta"]["toolmesh.dev/reason"] == "DIVISION_BY_ZERO"


@pytest.mark.parametrize(
    "error",
    [
        InvalidInput("argument 'a' is missing", reason="BAD_ARGUMENTS"),
        PermissionDenied("the policy denies it", reason="POLICY_DENIED"),
        PermissionDenied("a person must approve it", reason="APPROVAL_REQUIRED"),
        ResourceExhausted("3 a minute", reason="POLICY_LIMIT", retry_after_s=2.0),
    ],
)
async def test_what_an_llm_can_act_on_is_a_result_in_words(
    client: McpClient, upstream: Any, error: ToolMeshError
) -> None:
    upstream.answers["InvokeTool"] = lambda asked: error
    result = await result_of(client)
    assert (result["isError"], result["content"][0]["text"]) == (True, error.message)
    assert result["_meta"]["toolmesh.dev/reason"] == error.reason


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("there is no tool 'add'"), -32602),
        (Unavailable("unix:///secret/path"), -32603),
        (DeadlineExceeded("too slow"), -32603),
        (InvalidInput("used before", reason="REQUEST_ID_REUSED"), -32600),
    ],
)
async def test_what_no_llm_can_mend_is_a_protocol_error(
    client: McpClient, upstream: Any, error: ToolMeshError, code: int
) -> None:
    upstream.answers["InvokeTool"] = lambda asked: error
    told = (await client.call_stateless("tools/call", ADD)).json["error"]
    assert (told["code"], told["data"]["reason"]) == (code, error.reason)
    assert "secret" not in told["message"]


@pytest.mark.parametrize("params", [{}, {"name": 7}, {"name": ""}, {"name": "add", "arguments": [1]}])
async def test_parameters_that_are_no_call_are_a_protocol_error(client: McpClient, params: Any) -> None:
    await client.begin()
    reply = await client.call("tools/call", params)
    assert (reply.status, reply.json["error"]["code"]) == (200, -32602)


async def test_a_tool_that_needs_approval_is_not_called(client: McpClient, upstream: Any, clock: Any) -> None:
    needy = tool_router_service_pb2.GetToolResponse()
    needy.tool.needs_approval = True
    upstream.answers["GetTool"] = lambda asked: needy
    result = await result_of(client)
    assert result["_meta"]["toolmesh.dev/reason"] == "APPROVAL_REQUIRED"
    assert "in a run" in result["content"][0]["text"]
    assert invoked(upstream) == []
    needy.tool.needs_approval = False
    assert (await result_of(client))["isError"]
    clock.advance(5.1)
    assert not (await result_of(client))["isError"]


async def test_progress_and_partial_output_come_before_the_result(client: McpClient, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda asked: [
        progress(0.5, "half"),
        Response(partial_output="some\ntext"),
        progress(0.2, "back"),
        progress(1.0),
        gave("3"),
    ]
    reply = await client.call_stateless("tools/call", WITH_TOKEN)
    assert reply.headers["content-type"].startswith("text/event-stream")
    *notes, last = messages_of(reply.body)
    assert {note["method"] for note in notes} == {"notifications/progress"}
    assert [note["params"].get("message") for note in notes] == ["half", "some\ntext", "back", None]
    numbers = [note["params"]["progress"] for note in notes]
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1], notes[0]["params"]["progressToken"]) == (0.5, 1.0, "t")
    assert last["result"]["content"][0]["text"] == "3"
    assert not invoked(upstream)[0].result_only


async def test_a_call_that_tells_nothing_on_its_way_is_answered_as_json(client: McpClient, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda asked: [gave("3")]
    reply = await client.call_stateless("tools/call", WITH_TOKEN)
    assert reply.headers["content-type"] == "application/json"


async def test_a_client_that_takes_no_events_gets_the_result_only(client: McpClient, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda asked: [progress(0.5), gave("3")]
    reply = await client.call_stateless("tools/call", WITH_TOKEN, accept="application/json")
    assert reply.json["result"]["content"][0]["text"] == "3"


async def test_a_call_that_takes_long_becomes_a_stream_so_that_no_proxy_ends_it() -> None:
    sent: asyncio.Queue[Any] = asyncio.Queue()
    waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    route = next(route for route in ROUTES if route.face is Face.MCP_MESSAGE)
    exchange = Exchange({"headers": [], "path": "/mcp"}, sent.get, sent.put, route)
    rpc = RpcExchange(exchange, Message(1, "tools/call", {}), "2025-11-25")
    async with Reply(rpc, keepalive_s=0.0) as reply:
        working = asyncio.create_task(reply.wait_for(waiting))
        head = await asyncio.wait_for(sent.get(), 5)
        assert (b"content-type", b"text/event-stream; charset=utf-8") in head["headers"]
        waiting.set_result("done")
        await reply.respond({"text": await working})
    body = b"".join(sent.get_nowait()["body"] for _ in range(sent.qsize()))
    assert messages_of(body)[-1]["result"] == {"text": "done"}


async def test_a_failure_after_progress_ends_the_stream(client: McpClient, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda asked: [progress(0.5), Unavailable("gone")]
    reply = await client.call_stateless("tools/call", WITH_TOKEN)
    assert messages_of(reply.body)[-1]["error"]["code"] == -32603


async def test_a_call_without_a_result_is_a_defect(client: McpClient, upstream: Any) -> None:
    upstream.answers["InvokeTool"] = lambda asked: [progress(0.5)]
    reply = await client.call_stateless("tools/call", WITH_TOKEN)
    assert messages_of(reply.body)[-1]["error"]["data"]["reason"] == "NO_RESULT"


async def test_a_request_sent_twice_in_a_session_is_one_call(client: McpClient, upstream: Any) -> None:
    await client.begin()
    for request_id in (1, 1, "1", 2):
        await client.call("tools/call", ADD, request_id)
    await client.begin()
    await client.call("tools/call", ADD, 1)
    ids = [asked.request_id for asked in invoked(upstream)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert all(client.session not in one for one in ids)


async def test_without_a_session_only_an_idempotency_key_joins_calls(client: McpClient, upstream: Any) -> None:
    await client.call_stateless("tools/call", ADD)
    await client.call_stateless("tools/call", ADD, **{"idempotency-key": "k"})
    assert [asked.request_id for asked in invoked(upstream)] == ["", "k"]


async def test_a_cancelled_call_ends_below_and_nobody_elses_does(client: McpClient, upstream: Any, ask: Any) -> None:
    waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    upstream.answers["InvokeTool"] = lambda asked: [progress(0.5), waiting]
    await client.begin()
    other = McpClient(ask)
    await other.begin()
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","_meta":{"progressToken":1}}}'
    async with OpenStream(ask.application, "POST", {"mcp-session-id": client.session}, body) as stream:
        assert (await stream.next())["method"] == "notifications/progress"
        cancel: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        assert (await other.post(cancel)).status == 202
        assert not waiting.cancelled()
        # Said twice, as impatient clients do, it does no more.
        await asyncio.gather(client.post(cancel), client.post(cancel))
        assert (await stream.next())["error"]["code"] == -32800
        assert await stream.next() is None
    assert waiting.cancelled()
    assert (await client.call("ping")).status == 200


async def test_a_client_that_leaves_cancels_its_call(client: McpClient, upstream: Any, ask: Any) -> None:
    waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    upstream.answers["InvokeTool"] = lambda asked: [progress(0.5), waiting]
    await client.begin()
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","_meta":{"progressToken":1}}}'
    async with OpenStream(ask.application, "POST", {"mcp-session-id": client.session}, body) as stream:
        await stream.next()
        stream.left.set()
        await asyncio.wait_for(stream.task, 5)
    assert waiting.cancelled()


@pytest.mark.parametrize("request_id", [None, True, {}])
async def test_a_cancel_that_names_no_request_is_a_bad_request(client: McpClient, request_id: Any) -> None:
    await client.begin()
    cancel = request("notifications/cancelled", {"requestId": request_id})
    del cancel["id"]
    assert (await client.post(cancel)).status == 400


def store(upstream: Any, content: bytes, media_type: str) -> None:
    response = memory_service_pb2.GetArtifactResponse()
    response.artifact.media_type, response.artifact.size_bytes = media_type, len(content)
    upstream.answers["GetArtifact"] = lambda asked: response
    upstream.answers["ReadArtifact"] = lambda asked: [memory_service_pb2.ReadArtifactResponse(chunk=content)]


async def test_a_picture_of_a_result_is_shown_and_a_file_is_linked_to(client: McpClient, upstream: Any) -> None:
    store(upstream, b"png", "image/png")
    response = gave("1", artifact="sha256-1", media_type="image/png", size_bytes=3)
    response.result.tool_result.artifacts.add(artifact="sha256-2", media_type="text/csv", size_bytes=9)
    upstream.answers["InvokeTool"] = lambda asked: response
    _, picture, link = (await result_of(client))["content"]
    assert picture == {"type": "image", "data": "cG5n", "mimeType": "image/png"}
    assert (link["type"], link["uri"], link["size"]) == ("resource_link", "toolmesh://artifacts/sha256-2", 9)


async def test_a_picture_that_cannot_be_shown_is_linked_to(client: McpClient, upstream: Any) -> None:
    upstream.answers["ReadArtifact"] = lambda asked: [Unavailable("memory is away")]
    upstream.answers["InvokeTool"] = lambda asked: gave("1", artifact="s", media_type="image/png", size_bytes=3)
    assert (await result_of(client))["content"][1]["type"] == "resource_link"
    upstream.answers["InvokeTool"] = lambda asked: gave("1", artifact="s", media_type="image/png", size_bytes=2**21)
    assert (await result_of(client))["content"][1]["type"] == "resource_link"


@pytest.mark.parametrize(("media_type", "told"), [("text/csv", {"text": "a,b"}), ("application/pdf", {"blob": "YSxi"})])
async def test_an_artifact_is_read_as_a_resource(
    client: McpClient, upstream: Any, media_type: str, told: dict[str, str]
) -> None:
    store(upstream, b"a,b", media_type)
    await client.begin()
    uri = "toolmesh://artifacts/sha256-2"
    (contents,) = (await client.call("resources/read", {"uri": uri})).json["result"]["contents"]
    assert contents == {"uri": uri, "mimeType": media_type} | told


async def test_a_resource_of_somebody_else_does_not_exist(client: McpClient, upstream: Any) -> None:
    upstream.answers["GetArtifact"] = lambda asked: NotFound("none")
    await client.begin()
    for uri in ("toolmesh://artifacts/x", "file:///etc/passwd"):
        told = (await client.call("resources/read", {"uri": uri})).json["error"]
        assert (told["code"], uri in told["message"]) == (-32602, True)
