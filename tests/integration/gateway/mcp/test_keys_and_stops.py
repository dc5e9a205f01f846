"""Keys, pages of other sites, and how MCP's streams end when the gateway stops."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult

from .conftest import Platform, connected
from .mcp_tools import WAITS

# One platform serves all tests here, on one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYS = """
[[keys]]
name = "{name}"
user = "{name}"
sha256 = "{digest}"
scopes = [{scopes}]
"""
SCOPES = {"lister": ["tools:read"], "caller": ["tools:invoke"]}


def key_of(name: str) -> str:
    return f"key-of-the-{name}"


def keys_file(folder: Path) -> str:
    entries = [
        KEYS.format(
            name=name,
            digest=hashlib.sha256(key_of(name).encode()).hexdigest(),
            scopes=", ".join(f'"{scope}"' for scope in scopes),
        )
        for name, scopes in SCOPES.items()
    ]
    path = folder / "keys.toml"
    path.write_text("".join(entries))
    return str(path)


@pytest_asyncio.fixture(loop_scope="module")
async def own(tmp_path: Path, platform: Platform, all_neighbours: Any, start_gateway: Any) -> AsyncIterator[Any]:
    """A gateway with keys that a test may stop."""
    env = {
        "TOOLMESH_GATEWAY_TOOL_ROUTER_ADDRESS": platform.router_address,
        "TOOLMESH_GATEWAY_KEYS_FILE": keys_file(tmp_path),
        # So short that an answer which takes a while becomes a stream.
        "TOOLMESH_GATEWAY_SSE_KEEPALIVE_S": "0.1",
    }
    async with start_gateway(tmp_path, all_neighbours.address, **env) as gateway:
        yield gateway


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_each_scope_lets_a_key_do_its_own_thing(own: Any, mode: str) -> None:
    async with connected(f"{own.url}/mcp", mode, key_of("lister")) as client:
        assert (await client.list_tools()).tools
        with pytest.raises(MCPError, match="lacks the scope 'tools:invoke'"):
            await client.call_tool("add", {"a": 1})
    async with connected(f"{own.url}/mcp", mode, key_of("caller")) as client:
        with pytest.raises(MCPError, match="lacks the scope 'tools:read'"):
            await client.list_tools()
        request = CallToolRequest(params=CallToolRequestParams(name="add", arguments={"a": 1}))
        result = await client.session.send_request(request, CallToolResult)
        assert result.content[0].text == "2"


@pytest.mark.parametrize(("key", "told"), [("", "no API key was given"), ("wrong-key", "nobody knows this API key")])
async def test_a_client_is_told_what_is_wrong_with_its_key(platform: Platform, key: str, told: str) -> None:
    with pytest.raises(BaseExceptionGroup) as caught:
        async with connected(platform.url, key=key):
            pass
    assert told in str(_cause(caught.value))


def _cause(error: BaseException) -> BaseException:
    return _cause(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


async def test_stopping_finishes_calls_and_ends_streams(own: Any) -> None:
    async with (
        connected(f"{own.url}/mcp", "legacy") as session,
        connected(f"{own.url}/mcp") as client,
        client.listen(tools_list_changed=True) as changes,
    ):
        # Else the client would ask for the tool's schema after the call, when nobody answers any more.
        await session.list_tools()
        calling = asyncio.create_task(session.call_tool("wait_for_release", {}))
        await asyncio.wait_for(WAITS.started.wait(), 10)
        own.process.terminate()
        # The end that the server meant: a stream that broke off would raise.
        assert [change async for change in changes] == []
        WAITS.released.set()
        assert (await calling).content[0].text == "released"
    assert await asyncio.wait_for(own.process.wait(), 15) == 0


async def test_nothing_of_a_call_is_in_the_log(platform: Platform) -> None:
    async with connected(platform.url, "legacy") as client:
        await client.call_tool("divide", {"a": 424242, "b": 1})
    log = platform.gateway.log.read_text()
    assert "424242" not in log
    assert "ERROR" not in log
