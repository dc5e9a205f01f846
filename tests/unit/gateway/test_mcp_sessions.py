"""Sessions of the versions with a handshake: whose they are, how many, and how they end."""

from typing import Any

import pytest

from toolmesh_core.errors import ResourceExhausted
from toolmesh_gateway.domain.mcp_sessions import McpSession, McpSessions

from .mcp_client import McpClient


class Call:
    """Notes that it was cancelled."""

    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


def session(name: str, now: float = 0.0) -> McpSession:
    return McpSession(name, "2025-11-25", now)


@pytest.fixture
def sessions() -> McpSessions:
    return McpSessions(max_per_key=2, idle_s=60.0)


@pytest.fixture
def client(ask: Any) -> McpClient:
    return McpClient(ask)


def test_a_session_is_found_by_its_own_key_only(sessions: McpSessions) -> None:
    sessions.begin("ann", session("s"))
    assert sessions.find("ann", "s", 1.0) is not None
    assert sessions.find("bob", "s", 1.0) is None


def test_a_session_ends_when_it_is_not_used(sessions: McpSessions) -> None:
    sessions.begin("ann", session("s"))
    assert sessions.find("ann", "s", 50.0) is not None
    assert sessions.find("ann", "s", 110.0) is not None
    assert sessions.find("ann", "s", 171.0) is None
    assert len(sessions) == 0


def test_a_session_that_somebody_waits_in_or_listens_to_is_in_use(sessions: McpSessions) -> None:
    sessions.begin("ann", waiting := session("waiting"))
    sessions.begin("ann", listening := session("listening"))
    waiting.enter(1, call := Call())
    listening.listen(stream := Call())
    assert sessions.find("ann", "waiting", 1000.0)
    assert sessions.find("ann", "listening", 1000.0)
    waiting.leave(1, call)
    listening.stop_listening(stream)
    assert not waiting.is_busy
    assert not listening.is_busy


def test_one_session_too_many_takes_the_place_of_the_longest_unused(sessions: McpSessions) -> None:
    sessions.begin("ann", session("first", 0.0))
    sessions.begin("ann", session("second", 1.0))
    sessions.find("ann", "first", 2.0)
    sessions.begin("ann", session("third", 3.0))
    sessions.begin("bob", session("his", 3.0))
    assert sessions.find("ann", "second", 4.0) is None
    assert all(sessions.find("ann", name, 4.0) for name in ("first", "third"))
    assert len(sessions) == 3


def test_sessions_in_use_are_not_ended_for_a_new_one(sessions: McpSessions) -> None:
    for name in ("first", "second"):
        sessions.begin("ann", busy := session(name))
        busy.enter(1, Call())
    with pytest.raises(ResourceExhausted, match="2 MCP sessions"):
        sessions.begin("ann", session("third"))


def test_ending_a_session_ends_what_is_under_way_in_it(sessions: McpSessions) -> None:
    sessions.begin("ann", ended := session("s"))
    ended.enter(1, call := Call())
    ended.listen(stream := Call())
    sessions.end("ann", ended)
    assert (call.cancelled, stream.cancelled) == (True, True)


def test_a_request_is_cancelled_by_its_own_id_only() -> None:
    one = session("s")
    one.enter(1, number := Call())
    one.enter("1", text := Call())
    one.cancel(1)
    one.cancel(7)
    assert (number.cancelled, text.cancelled) == (True, False)


def test_a_new_stream_takes_the_place_of_the_old_one() -> None:
    one = session("s")
    one.listen(old := Call())
    one.listen(new := Call())
    one.stop_listening(old)
    assert (old.cancelled, one.stream) == (True, new)


@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
async def test_a_session_that_is_not_known_is_a_404_so_that_clients_begin_anew(client: McpClient, verb: str) -> None:
    client.session = "unknown"
    message = b'{"jsonrpc":"2.0","id":1,"method":"ping"}' if verb == "POST" else b""
    reply = await client.ask(verb, "/mcp", message, **{"mcp-session-id": "unknown"})
    assert (reply.status, reply.json["error"]["data"]["reason"]) == (404, "SESSION_NOT_FOUND")


async def test_a_request_without_its_session_is_a_bad_request(client: McpClient) -> None:
    assert (await client.call("ping")).json["error"]["data"]["reason"] == "NO_SESSION"


async def test_another_keys_session_is_as_good_as_unknown(client: McpClient) -> None:
    await client.begin()
    assert (await client.call("ping", key="key-of-a-reader")).status == 404
    assert (await client.call("ping")).status == 200


async def test_a_session_speaks_the_version_it_began_with(client: McpClient) -> None:
    await client.begin("2025-06-18")
    assert (await client.call("ping", **{"mcp-protocol-version": "2025-06-18"})).status == 200
    reply = await client.call("ping", **{"mcp-protocol-version": "2025-11-25"})
    assert (reply.status, reply.json["error"]["data"]["reason"]) == (400, "WRONG_VERSION")


async def test_a_deleted_session_is_gone(client: McpClient) -> None:
    await client.begin()
    reply = await client.ask("DELETE", "/mcp", **{"mcp-session-id": client.session})
    assert (reply.status, reply.body) == (204, b"")
    assert (await client.call("ping")).status == 404


async def test_a_session_without_use_ends(client: McpClient, clock: Any) -> None:
    await client.begin()
    clock.advance(1801)
    assert (await client.call("ping")).status == 404


@pytest.mark.parametrize("verb", ["GET", "DELETE"])
async def test_the_version_without_sessions_takes_posts_only(client: McpClient, verb: str) -> None:
    reply = await client.ask(verb, "/mcp", **{"mcp-protocol-version": "2026-07-28"})
    assert (reply.status, reply.headers["allow"]) == (405, "POST")
