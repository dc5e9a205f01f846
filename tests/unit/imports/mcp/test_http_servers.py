"""An address as a server: the address rules, secrets as headers, and servers that come back."""

import json
from typing import Any

import mcp.server.runner
import mcp.server.streamable_http_manager
import pytest
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from toolmesh_core.errors import FailedPrecondition, InvalidInput, ToolError, Unavailable
from toolmesh_imports.mcp import McpLimits, McpServer, SecretHeader

from .conftest import Vault, quick
from .demo_server import demo_server, speak_only
from .http_demo import connected, http_peer, serving_http
from .states import States

BEARER = (SecretHeader("Authorization", "token", prefix="Bearer "),)


class Gate:
    """Keeps the headers of each request, and answers in the server's place where `answer` says so."""

    def __init__(self, app: ASGIApp, answer: Any = None) -> None:
        self.app = app
        self.answer = answer
        self.headers: list[dict[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            self.headers.append(dict(request.headers))
            if self.answer is not None and (response := await self.answer(request)) is not None:
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


def speak_2025(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the SDK's server speak 2025-11-25 only: with sessions, and answers as streams of events."""
    for name, value in speak_only("2025-11-25").items():
        monkeypatch.setattr(mcp.server.runner, name, value)
    monkeypatch.setattr(mcp.server.streamable_http_manager, "HANDSHAKE_PROTOCOL_VERSIONS", KNOWN_PROTOCOL_VERSIONS)


async def refuse(peer: Any) -> FailedPrecondition:
    """The error of a peer that cannot be connected to."""
    with pytest.raises(FailedPrecondition) as raised:
        await McpServer("demo", peer, quick()).__aenter__()
    return raised.value


async def test_a_host_that_is_not_allowed_is_not_reached() -> None:
    gate = Gate(demo_server().streamable_http_app())
    async with serving_http(gate) as port:
        error = await refuse(http_peer(port, allowed="example.com"))
    assert error.reason == "HOST_NOT_ALLOWED"
    assert not gate.headers


async def test_a_private_address_is_not_reached_unless_its_host_is_named_for_it() -> None:
    gate = Gate(demo_server().streamable_http_app())
    async with serving_http(gate) as port:
        error = await refuse(http_peer(port, private=""))
    assert error.reason == "ADDRESS_NOT_ALLOWED"
    assert not gate.headers


async def test_the_address_of_a_clouds_secrets_is_never_reached() -> None:
    assert (await refuse(http_peer(80, host="cloud.test"))).reason == "ADDRESS_NOT_ALLOWED"


async def test_a_redirect_to_another_origin_is_not_followed() -> None:
    async def elsewhere(request: Request) -> Response:
        return Response(status_code=307, headers={"location": "http://inside.test/mcp"})

    async with serving_http(Gate(demo_server().streamable_http_app(), elsewhere)) as port:
        assert "not followed" in (await refuse(http_peer(port))).message


async def test_a_secret_goes_out_as_a_header_and_a_renewed_one_counts_at_once() -> None:
    gate, vault = Gate(demo_server().streamable_http_app()), Vault(token="first-one")
    async with connected(gate, quick(), headers=BEARER, secrets=vault) as server:
        vault.secrets["token"] = "second-one"
        await server.call("demo_say", {"text": "hi"})
        assert {headers["authorization"] for headers in gate.headers[:2]} == {"Bearer first-one"}
        assert gate.headers[-1]["authorization"] == "Bearer second-one"


async def test_a_secret_that_comes_back_is_hidden() -> None:
    peer_options: dict[str, Any] = {"headers": BEARER, "secrets": Vault(token="s3cr3t-value")}
    async with connected(demo_server().streamable_http_app(), quick(), **peer_options) as server:
        assert (await server.call("demo_say", {"text": "a s3cr3t-value b"})).text == "a [secret] b"


async def test_secrets_do_not_go_to_other_machines_as_plain_text() -> None:
    with pytest.raises(InvalidInput, match="as plain text; use https"):
        http_peer(80, host="example.com", headers=BEARER)


@pytest.mark.parametrize("name", ["Host", "Mcp-Session-Id", "Content-Length", "a b"])
def test_headers_of_the_protocol_cannot_be_set(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be set"):
        SecretHeader(name, "token")


async def test_a_server_that_wants_a_key_is_told_by_its_status() -> None:
    async def locked(request: Request) -> Response:
        return JSONResponse({"error": "invalid_token"}, status_code=401)

    async with serving_http(Gate(demo_server().streamable_http_app(), locked)) as port:
        assert "HTTP status 401" in (await refuse(http_peer(port))).message


async def test_nobody_at_the_address_is_unavailable() -> None:
    async with serving_http(demo_server().streamable_http_app()) as port:
        pass
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached"):
        await McpServer("demo", http_peer(port), quick()).__aenter__()


async def test_a_server_that_was_away_is_connected_to_again() -> None:
    states = States()
    async with serving_http(demo_server().streamable_http_app()) as port:
        server = McpServer("demo", http_peer(port), quick(), on_change=states)
        await server.__aenter__()
    with pytest.raises(Unavailable):
        await server.call("demo_say", {"text": "hi"})
    await states.wait_for(lambda state: not state.up)
    async with serving_http(demo_server().streamable_http_app(), port):
        assert (await server.call("demo_say", {"text": "again"})).text == "again"
        await server.__aexit__(None, None, None)


async def test_a_session_that_the_server_forgot_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    speak_2025(monkeypatch)
    forgets = False

    async def forget(request: Request) -> Response | None:
        nonlocal forgets
        forgets = forgets and "mcp-session-id" in request.headers
        return Response(status_code=404) if forgets else None

    async with connected(Gate(demo_server().streamable_http_app(), forget), quick()) as server:
        forgets = True
        with pytest.raises(Unavailable, match="does not know our session any more"):
            await server.call("demo_say", {"text": "hi"})
        assert (await server.call("demo_say", {"text": "again"})).text == "again"


async def test_a_server_that_breaks_off_in_a_call_costs_only_that_call() -> None:
    async def break_off(request: Request) -> Response | None:
        if request.headers.get("mcp-name") != "say":
            return None
        return Response(": on my way\n\n", media_type="text/event-stream")

    states = States()
    async with connected(Gate(demo_server().streamable_http_app(), break_off), quick(), states) as server:
        with pytest.raises(Unavailable, match="its MCP server gave no answer"):
            await server.call("demo_say", {"text": "hi"})
        assert (await server.call("demo_add", {"a": 1})).structured == {"result": 2}
    assert all(state.up for state in states.seen)


@pytest.mark.parametrize("json_response", [False, True])
async def test_an_answer_that_is_too_large_costs_only_itself(
    json_response: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_2025(monkeypatch)
    options = quick(limits=McpLimits(message_bytes=20_000))
    async with connected(demo_server().streamable_http_app(json_response=json_response), options) as server:
        with pytest.raises(ToolError, match="too large: ask for less") as raised:
            await server.call("demo_say", {"text": "x" * 100, "times": 300})
        assert raised.value.reason == "OUTPUT_TOO_LARGE"
        assert (await server.call("demo_say", {"text": "on"})).text == "on"


async def test_a_packed_answer_is_not_unpacked() -> None:
    async def packed(request: Request) -> Response:
        return Response(json.dumps({}), headers={"content-encoding": "gzip"}, media_type="application/json")

    async with serving_http(Gate(demo_server().streamable_http_app(), packed)) as port:
        assert "packs its answers" in (await refuse(http_peer(port))).message
