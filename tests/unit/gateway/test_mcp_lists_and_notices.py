"""tools/list, and how clients hear that the list changed."""

import asyncio
from typing import Any

import jsonschema_rs
import orjson
import pytest

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh_core.errors import InvalidInput, Unavailable
from toolmesh_gateway.api.mcp.tool_listing import mcp_tool
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.app.follow_tool_changes import FollowToolChanges

from .mcp_client import STATELESS, McpClient, OpenStream, enveloped

SNAPSHOT, REMOVED = pb.WatchToolsResponse(snapshot=pb.ToolSnapshot()), pb.WatchToolsResponse(removed="add")
LISTEN = {"notifications": {"toolsListChanged": True, "promptsListChanged": True}}


@pytest.fixture
def client(ask: Any) -> McpClient:
    return McpClient(ask)


def described(stateless: bool = False, **fields: Any) -> Any:
    tool = tool_pb2.Tool(name="add", arguments_schema_json='{"type":"object"}', **fields)
    return orjson.loads(write_json(mcp_tool(tool, is_stateless=stateless)))


async def test_a_page_goes_on_where_the_one_before_ended(client: McpClient, upstream: Any) -> None:
    upstream.answers["ListTools"] = lambda asked: pb.ListToolsResponse(
        tools=[tool_pb2.Tool(name="add")], next_page_token="" if asked.page_token else "more"
    )
    await client.begin()
    first = (await client.call("tools/list")).json["result"]
    second = (await client.call("tools/list", {"cursor": first["nextCursor"]})).json["result"]
    assert "nextCursor" not in second
    assert [(asked.page_token, asked.page_size) for _, asked in upstream.asked] == [("", 200), ("more", 200)]
    assert "ttlMs" not in first
    told = (await client.call_stateless("tools/list")).json["result"]
    assert (told["ttlMs"], told["cacheScope"]) == (0, "private")


@pytest.mark.parametrize("cursor", ["nonsense", 7, None])
async def test_a_cursor_that_is_none_of_ours_is_a_protocol_error(client: McpClient, upstream: Any, cursor: Any) -> None:
    upstream.answers["ListTools"] = lambda asked: InvalidInput("bad token")
    await client.begin()
    reply = await client.call("tools/list", {"cursor": cursor})
    assert (reply.status, reply.json["error"]["code"]) == (200, -32602)


def test_what_a_tool_declares_is_told_as_hints() -> None:
    tool = described(read_only=True, needs_approval=True)
    assert tool["annotations"] == {"readOnlyHint": True, "idempotentHint": False}
    assert tool["_meta"] == {"toolmesh.dev/needsApproval": True}


def test_no_client_is_asked_to_repeat_arguments_in_headers() -> None:
    schema = '{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},"x-mcp-header":{"type":"null"}}}'
    tool = tool_pb2.Tool(name="add", arguments_schema_json=schema)
    properties = orjson.loads(write_json(mcp_tool(tool, is_stateless=True)))["inputSchema"]["properties"]
    assert properties == {"a": {"type": "string"}, "x-mcp-header": {"type": "null"}}


def test_an_output_fits_its_schema_also_where_it_was_cut_to_a_summary() -> None:
    own = {
        "type": "object",
        "properties": {"node": {"$ref": "#/$defs/Node"}},
        "required": ["node"],
        "$defs": {"Node": {"type": "integer"}},
    }
    schema = described(output_schema_json=orjson.dumps(own).decode())["outputSchema"]
    assert schema["type"] == "object"
    check = jsonschema_rs.validator_for(schema)
    assert check.is_valid({"node": 1})
    assert check.is_valid({"summary": {"head": "x"}, "artifact": None, "size_bytes": 9, "note": "cut"})
    assert not check.is_valid({"node": "one"})


@pytest.mark.parametrize(
    ("own", "in_session", "stateless"),
    [
        ('{"type":"string"}', False, True),
        ('{"type":"object","properties":{"a":{"$ref":"#"}}}', False, False),
        ('{"$id":"urn:x","type":"object"}', False, False),
        ("", False, False),
    ],
)
def test_an_output_schema_that_cannot_be_told_truly_is_left_out(own: str, in_session: bool, stateless: bool) -> None:
    assert ("outputSchema" in described(output_schema_json=own)) == in_session
    assert ("outputSchema" in described(stateless=True, output_schema_json=own)) == stateless


class Watch:
    """A router's watch that tells what the test puts in."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[Any] = asyncio.Queue()
        self.begun = self.cancelled = 0

    def __call__(self, request: Any, *, timeout: float | None = None) -> Any:
        self.begun += 1
        return self

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        item = await self.told.get()
        if isinstance(item, Exception):
            raise item
        return item

    def cancel(self) -> None:
        self.cancelled += 1


async def heard(changed: asyncio.Event) -> None:
    await asyncio.wait_for(changed.wait(), 5)
    changed.clear()


async def test_all_listeners_share_one_watch_which_ends_with_the_last() -> None:
    watch = Watch()
    changes = FollowToolChanges(watch)
    watch.told.put_nowait(SNAPSHOT)
    async with changes.listening() as one:
        async with changes.listening() as other:
            assert not one.is_set()
            watch.told.put_nowait(REMOVED)
            await heard(one)
            await heard(other)
        assert (watch.begun, watch.cancelled) == (1, 0)
    await asyncio.sleep(0)
    assert watch.cancelled == 1


async def test_what_was_missed_while_the_router_was_away_is_told_once_it_is_back() -> None:
    watch = Watch()
    changes = FollowToolChanges(watch, retry_s=0.0)
    watch.told.put_nowait(SNAPSHOT)
    async with changes.listening() as changed:
        watch.told.put_nowait(Unavailable("away"))
        watch.told.put_nowait(Unavailable("still away"))
        watch.told.put_nowait(SNAPSHOT)
        await heard(changed)
        assert watch.begun == 3


async def test_a_router_that_does_not_answer_holds_no_listener_up() -> None:
    watch = Watch()
    async with FollowToolChanges(watch, ready_within_s=0.0).listening() as changed:
        watch.told.put_nowait(SNAPSHOT)
        await heard(changed)


@pytest.fixture
def watch(upstream: Any) -> Watch:
    """The router's watch of the application."""
    watch = Watch()
    upstream.answers["WatchTools"] = lambda asked: _items(watch)
    watch.told.put_nowait(SNAPSHOT)
    return watch


def _items(watch: Watch) -> Any:
    while True:
        yield asyncio.ensure_future(watch.told.get())


async def test_a_session_hears_on_its_stream_that_the_tools_changed(client: McpClient, watch: Watch, ask: Any) -> None:
    await client.begin()
    headers = {"mcp-session-id": client.session, "accept": "text/event-stream"}
    async with OpenStream(ask.application, "GET", headers) as stream:
        assert stream.status == 200
        watch.told.put_nowait(REMOVED)
        assert await stream.next() == {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


async def test_a_second_stream_of_a_session_ends_the_first(client: McpClient, watch: Watch, ask: Any) -> None:
    await client.begin()
    headers = {"mcp-session-id": client.session}
    async with OpenStream(ask.application, "GET", headers) as first, OpenStream(ask.application, "GET", headers):
        assert await first.next() is None


async def test_a_deleted_session_ends_its_stream(client: McpClient, watch: Watch, ask: Any) -> None:
    await client.begin()
    async with OpenStream(ask.application, "GET", {"mcp-session-id": client.session}) as stream:
        await ask("DELETE", "/mcp", **{"mcp-session-id": client.session})
        assert await stream.next() is None


async def test_a_client_that_leaves_its_silent_stream_leaves_nothing_behind(
    client: McpClient, watch: Watch, ask: Any
) -> None:
    await client.begin()
    async with OpenStream(ask.application, "GET", {"mcp-session-id": client.session}) as stream:
        stream.left.set()
        await asyncio.wait_for(stream.task, 5)
    # Its session may be ended for a new one again.
    for _ in range(3):
        assert await client.begin()


def listening(ask: Any, params: Any = LISTEN) -> OpenStream:
    headers = {"mcp-protocol-version": STATELESS, "mcp-method": "subscriptions/listen"}
    return OpenStream(ask.application, "POST", headers, orjson.dumps(enveloped("subscriptions/listen", params)))


async def test_a_subscription_says_what_it_tells_and_then_tells_it(watch: Watch, ask: Any) -> None:
    async with listening(ask) as stream:
        first = await stream.next()
        assert first["method"] == "notifications/subscriptions/acknowledged"
        assert first["params"]["notifications"] == {"toolsListChanged": True}
        watch.told.put_nowait(REMOVED)
        note = await stream.next()
        assert note["method"] == "notifications/tools/list_changed"
        assert note["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == 1


async def test_a_subscription_ends_with_its_result_when_the_gateway_stops(watch: Watch, ask: Any) -> None:
    async with listening(ask) as stream:
        await stream.next()
        ask.application.drain()
        result = (await stream.next())["result"]
        assert result["_meta"]["io.modelcontextprotocol/subscriptionId"] == 1
        assert await stream.next() is None


async def test_a_key_has_so_many_subscriptions_and_no_more(watch: Watch, ask: Any, client: McpClient) -> None:
    async with listening(ask) as one, listening(ask) as other:
        await one.next()
        await other.next()
        reply = await client.call_stateless("subscriptions/listen", LISTEN)
        assert (reply.status, reply.json["error"]["data"]["reason"]) == (429, "TOO_MANY_SUBSCRIPTIONS")


async def test_a_stream_needs_a_client_that_takes_events(client: McpClient) -> None:
    reply = await client.call_stateless("subscriptions/listen", LISTEN, accept="application/json")
    assert reply.status == 406
