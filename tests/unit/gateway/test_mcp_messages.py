"""MCP's messages: who may send them, in which version, and what is wrong with them."""

from typing import Any

import pytest

from .mcp_client import ENVELOPE, LATEST_HANDSHAKE, STATELESS, VERSION_KEY, McpClient, enveloped, request

TOOL_NAME: dict[str, Any] = {"name": "add", "arguments": {}}


@pytest.fixture
def client(ask: Any) -> McpClient:
    return McpClient(ask)


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2025-03-26", LATEST_HANDSHAKE),
        ("2031-01-01", LATEST_HANDSHAKE),
    ],
)
async def test_a_handshake_agrees_on_the_clients_version_or_offers_the_latest(
    client: McpClient, asked: str, agreed: str
) -> None:
    result = await client.begin(asked)
    assert result["protocolVersion"] == agreed
    assert result["capabilities"]["tools"] == {"listChanged": True}
    assert len(client.session) >= 32


async def test_without_a_handshake_a_client_discovers_what_there_is(client: McpClient) -> None:
    result = (await client.call_stateless("server/discover")).json["result"]
    assert result["supportedVersions"] == ["2026-07-28", "2025-11-25", "2025-06-18"]
    assert result["resultType"] == "complete"
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "toolmesh"


async def test_a_ping_is_answered_in_a_session(client: McpClient) -> None:
    await client.begin()
    assert (await client.call("ping", request_id="p")).json == {"jsonrpc": "2.0", "id": "p", "result": {}}


async def test_a_message_without_a_key_is_a_401_that_says_how_to_send_one(ask: Any) -> None:
    reply = await ask("POST", "/mcp", request("ping"), key="")
    assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Bearer realm="toolmesh"')
    assert reply.json["error"]["data"]["reason"] == "NO_API_KEY"
    assert reply.json["id"] is None


@pytest.mark.parametrize("method", ["tools/call", "resources/list"])
async def test_a_key_without_the_scope_of_a_method_is_refused(client: McpClient, method: str) -> None:
    reply = await client.call_stateless(method, TOOL_NAME, key="key-of-a-reader")
    assert (reply.status, reply.json["error"]["data"]["reason"]) == (403, "MISSING_SCOPE")
    assert "insufficient_scope" in reply.headers["www-authenticate"]


async def test_every_message_counts_for_the_keys_rate(client: McpClient) -> None:
    for _ in range(2):
        assert (await client.call_stateless("server/discover", key="key-with-few-tokens")).status == 200
    reply = await client.call_stateless("server/discover", key="key-with-few-tokens")
    assert (reply.status, reply.json["error"]["data"]["reason"]) == (429, "RATE_LIMITED")
    assert "retry-after" in reply.headers


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("http://127.0.0.1.evil.example:8080", 403),
        ("null", 403),
        ("file://localhost", 403),
        ("http://[::1", 403),
        ("http://localhost:6274", 200),
        ("http://127.0.0.1", 200),
        ("http://[::1]:3000", 200),
        ("https://example.org", 200),
    ],
)
async def test_only_pages_of_this_machine_and_of_the_settings_may_speak(
    client: McpClient, origin: str, status: int
) -> None:
    assert (await client.call_stateless("server/discover", origin=origin)).status == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"jsonrpc": "2.0", "id": 1,', -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 3000, -32700),
        (b"", -32600),
        (b'"ping"', -32600),
        (b'{"id": 1, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 7}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}', -32602),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', -32600),
        (b"[]", -32600),
    ],
)
async def test_what_is_no_single_message_is_a_bad_request(client: McpClient, body: bytes, code: int) -> None:
    await client.begin()
    if len(body) > 1500:
        body = body[:1500]
    reply = await client.post(body)
    assert (reply.status, reply.json["error"]["code"]) == (400, code)


async def test_a_body_over_the_limit_is_refused(client: McpClient) -> None:
    reply = await client.call_stateless("server/discover", {"x": "x" * 2000})
    assert (reply.status, reply.json["error"]["data"]["reason"]) == (413, "BODY_TOO_LARGE")


async def test_a_body_that_is_not_said_to_be_json_is_refused(client: McpClient) -> None:
    assert (await client.post(request("ping"), **{"content-type": "text/plain"})).status == 415


async def test_a_client_that_takes_neither_json_nor_events_is_refused(client: McpClient) -> None:
    assert (await client.call_stateless("server/discover", accept="text/html")).status == 406


async def test_an_unknown_method_is_named_with_the_known_ones(client: McpClient) -> None:
    await client.begin()
    reply = await client.call("prompts/list")
    assert (reply.status, reply.json["error"]["code"]) == (200, -32601)
    assert "tools/call" in reply.json["error"]["message"]
    reply = await client.call_stateless("prompts/list")
    assert (reply.status, reply.json["error"]["code"]) == (404, -32601)


@pytest.mark.parametrize("method", ["server/discover", "subscriptions/listen"])
async def test_methods_of_one_kind_of_version_are_unknown_in_the_other(client: McpClient, method: str) -> None:
    await client.begin()
    assert (await client.call(method)).json["error"]["code"] == -32601
    assert (await client.call_stateless("ping")).json["error"]["code"] == -32601


@pytest.mark.parametrize("header", ["mcp-protocol-version", "mcp-method", "mcp-name"])
async def test_headers_that_say_something_else_than_the_body_are_a_mismatch(client: McpClient, header: str) -> None:
    for said in ("2031-01-01", ""):
        reply = await client.call_stateless("tools/call", TOOL_NAME, **{header: said})
        assert (reply.status, reply.json["error"]["code"]) == (400, -32020), (header, said)


async def test_a_name_in_base64_is_unpacked_before_it_is_compared(client: McpClient, upstream: Any) -> None:
    reply = await client.call_stateless("tools/call", TOOL_NAME, **{"mcp-name": "=?base64?!?="})
    assert reply.json["error"]["code"] == -32020
    reply = await client.call_stateless(
        "tools/call", {"name": "add", "arguments": 1}, **{"mcp-name": "=?base64?YWRk?="}
    )
    assert "arguments" in reply.json["error"]["message"]


async def test_a_version_that_is_not_spoken_is_refused_with_those_that_are(client: McpClient) -> None:
    for body in (request("tools/list"), enveloped("tools/list", {"_meta": {VERSION_KEY: "2031-01-01"}})):
        headers = {"mcp-protocol-version": "2031-01-01", "mcp-method": "tools/list"}
        reply = await client.ask("POST", "/mcp", body, **headers)
        assert (reply.status, reply.json["error"]["code"]) == (400, -32022)
        assert STATELESS in reply.json["error"]["data"]["supported"]


@pytest.mark.parametrize("missing", list(ENVELOPE))
async def test_a_stateless_request_says_its_version_and_what_its_client_can(client: McpClient, missing: str) -> None:
    headers = {"mcp-protocol-version": STATELESS, "mcp-method": "tools/list"}
    meta = {key: value for key, value in ENVELOPE.items() if key != missing}
    reply = await client.ask("POST", "/mcp", request("tools/list", {"_meta": meta}), **headers)
    assert (reply.status, reply.json["error"]["code"]) == (400, -32602)
    assert missing in reply.json["error"]["message"]


async def test_notifications_and_responses_are_taken_without_an_answer(client: McpClient) -> None:
    await client.begin()
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/of-the-future"},
        {"jsonrpc": "2.0", "id": 9, "result": {}},
    ):
        reply = await client.post(message)
        assert (reply.status, reply.body) == (202, b"")
