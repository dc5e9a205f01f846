"""All protocol versions that there are, each with a server that speaks no other."""

import mcp.server.runner
import mcp.server.streamable_http_manager
import pytest
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS

from toolmesh_core.errors import ToolError
from toolmesh_imports.mcp import McpServer, Progress

from .conftest import demo_peer, quick
from .demo_server import PIXEL, demo_server, speak_only
from .http_demo import connected
from .states import States

VERSIONS = KNOWN_PROTOCOL_VERSIONS


async def check(server: McpServer, states: States, version: str) -> None:
    """The whole of what a server does for us."""
    assert server.state.protocol_version == version
    assert (await server.call("demo_say", {"text": "Ada"})).output() == "Ada"
    assert (await server.call("demo_picture", {})).media[0].data == PIXEL
    with pytest.raises(ToolError, match="its MCP server says: Error executing tool fail"):
        await server.call("demo_fail", {"why": "no"})
    progress: list[Progress] = []
    assert (await server.call("demo_work", {"steps": 2}, progress.append)).text == "done"
    assert [step.fraction for step in progress] == [0.5, 1.0]
    await server.call("demo_grow", {})
    await states.wait_for(lambda state: "demo_fresh" in state.tools)
    assert (await server.call("demo_fresh", {})).text == "new"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_on_stdio_is_spoken_to_in_its_version(version: str) -> None:
    states = States()
    async with McpServer("demo", demo_peer(version), quick(), on_change=states) as server:
        await check(server, states, version)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_on_http_is_spoken_to_in_its_version(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in speak_only(version).items():
        monkeypatch.setattr(mcp.server.runner, name, value)
    if version != VERSIONS[-1]:
        monkeypatch.setattr(mcp.server.streamable_http_manager, "HANDSHAKE_PROTOCOL_VERSIONS", VERSIONS)
    states = States()
    async with connected(demo_server().streamable_http_app(), quick(), states) as server:
        await check(server, states, version)
