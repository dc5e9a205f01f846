"""MCP servers of the official SDK served as tools by a real process, called through a real router."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import unit.imports.mcp
from integration.tools.imports.conftest import Imports, events, listed, result
from starlette.types import ASGIApp, Receive, Scope, Send
from unit.imports.mcp.demo_server import demo_server
from unit.imports.mcp.http_demo import serving_http

from toolmesh.tool.v1.tool_service_pb2 import InvokeToolRequest
from toolmesh.tool.v1.tool_service_pb2_grpc import ToolServiceStub
from toolmesh.tool_host.v1.source_pb2 import DeploymentSource, McpCommand, McpEndpoint, McpSource
from toolmesh_core.channel import connect
from toolmesh_core.errors import PermissionDenied, Unavailable

SERVERS = Path(next(iter(unit.imports.mcp.__path__)))


def command(script: str, *arguments: str, prefix: str = "demo", **more: Any) -> DeploymentSource:
    """A source of a server on stdio."""
    started = McpCommand(command=sys.executable, arguments=[str(SERVERS / script), *arguments], **more)
    return DeploymentSource(mcp=McpSource(command=started, prefix=prefix))


def endpoint(port: int, *, named: bool = True, **more: Any) -> DeploymentSource:
    """A source of a server on HTTP; its host is named unless `named` says no."""
    host = f"127.0.0.1:{port}"
    reached = McpEndpoint(url=f"http://{host}/mcp", allowed_hosts=[host] if named else [], **more)
    return DeploymentSource(mcp=McpSource(endpoint=reached))


class Headers:
    """Keeps the headers of each request to an app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.seen: list[dict[bytes, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.seen.append(dict(scope["headers"]))
        await self.app(scope, receive, send)


async def test_a_server_on_stdio_is_called_through_a_router_and_a_changed_list_reaches_it_at_once(
    imports: Imports,
) -> None:
    async with imports.routed(command("demo_server.py")) as router:
        assert (await router.result("demo_add", '{"a": 2, "b": 3}')).tool_result.output_json == '{"result":5}'
        assert "demo_fresh" not in await router.callable_names()
        assert (await router.result("demo_grow")).tool_result.output_json == '"grown"'
        # The router's own interval is 15 s.
        await router.until(lambda names: "demo_fresh" in names, within_s=10)
        assert (await router.result("demo_fresh")).tool_result.output_json == '"new"'


async def test_tools_of_a_server_that_dies_leave_the_router_and_come_back_with_it(
    imports: Imports, tmp_path: Path
) -> None:
    script = tmp_path / "server.py"
    script.symlink_to(SERVERS / "demo_server.py")
    async with imports.routed(command(str(script))) as router:
        # It cannot be started again before the script is back.
        script.unlink()
        with pytest.raises(Unavailable, match="its MCP server is gone: it ended"):
            await router.result("demo_end")
        await router.until(lambda names: not names, within_s=20)
        script.symlink_to(SERVERS / "demo_server.py")
        await router.until(lambda names: "demo_add" in names, within_s=30)
        assert (await router.result("demo_add", '{"a": 2}')).tool_result.output_json == '{"result":3}'
    assert "import lost" in imports.log()


async def test_without_a_rule_no_tool_is_called_and_hints_of_the_server_open_nothing(imports: Imports) -> None:
    async with imports.routed(command("demo_server.py"), "version: 1\n") as router:
        with pytest.raises(PermissionDenied, match="demo_add"):
            await router.result("demo_add", '{"a": 2}')
        tool = next(tool for tool in await router.tools() if tool.name == "demo_add")
    # Its server says that it reads only and is idempotent.
    assert (tool.read_only, tool.idempotent, tool.tags[0]) == (False, False, "mcp")
    assert tool.description == "(MCP server imported says) Add two numbers."


async def test_progress_is_streamed_and_cancelling_reaches_the_server(imports: Imports) -> None:
    async with imports.start(command("demo_server.py", prefix="")) as started:
        got = await events(started.address, "work", '{"steps": 2}')
        assert [(event.progress.fraction, event.progress.message) for event in got[:-1]] == [
            (0.5, "step 1"),
            (1.0, "step 2"),
        ]
        assert got[-1].result.output_json == '"done"'
        async with connect(started.address) as channel:
            stream = ToolServiceStub(channel).InvokeTool(InvokeToolRequest(tool="wait"))
            # It tells its progress as soon as it waits.
            await anext(stream)
            stream.cancel()
        async with asyncio.timeout(20):
            while (await result(started.address, "waited")).output_json != '"cancelled"':
                pass


async def test_the_tools_own_no_and_too_much_output_are_failures(imports: Imports) -> None:
    async with imports.start(command("demo_server.py"), max_output_bytes="1000") as started:
        said = (await result(started.address, "demo_fail", '{"why": "no tea"}')).failure
        assert (said.reason, "its MCP server says: " in said.message) == ("TOOL_ERROR", True)
        much = await result(started.address, "demo_say", '{"text": "x", "times": 2000}')
        assert much.failure.reason == "OUTPUT_TOO_LARGE"


async def test_a_command_gets_its_secret_and_nothing_of_ours(imports: Imports) -> None:
    source = command("demo_server.py", secrets={"TOKEN": "DEMO"}, environment={"MODE": "x"})
    async with imports.start(source, {"DEMO": "s3cret"}) as started:
        told = json.loads((await result(started.address, "demo_variables")).output_json)
    names, _, token = told.rpartition(" ")
    assert (token, "MODE" in names, "TOOLMESH" in names) == ("[secret]", True, False)


async def test_a_server_on_http_is_called_through_a_router_with_its_secret_as_a_header(imports: Imports) -> None:
    app = Headers(demo_server().streamable_http_app())
    async with serving_http(app) as port:
        source = endpoint(port, secret_headers={"Authorization": "DEMO"})
        async with imports.routed(source, secrets={"DEMO": "s3cret"}) as router:
            assert (await router.result("add", '{"a": 2}')).tool_result.output_json == '{"result":3}'
    assert {headers[b"authorization"] for headers in app.seen} == {b"Bearer s3cret"}


async def test_a_private_address_is_refused_at_the_start_unless_it_is_named(imports: Imports) -> None:
    app = Headers(demo_server().streamable_http_app())
    async with serving_http(app) as port:
        line = await imports.refusal(endpoint(port, named=False))
    assert "127.0.0.1 lies in a private or reserved network" in line
    assert app.seen == []


async def test_a_server_that_cannot_be_had_is_told_in_one_line_with_its_last_words(imports: Imports) -> None:
    line = await imports.refusal(command("hostile_server.py", "dies-at-once"))
    assert line.startswith(
        "tool_imports: MCP server 'imported': it ended, or closed its output; its last words: the lic"
    )


async def test_a_server_that_lists_nonsense_keeps_its_good_tools_in_the_router(imports: Imports) -> None:
    async with imports.routed(command("hostile_server.py", "odd")) as router:
        names = await router.callable_names()
        assert "demo_good" in names
        assert all(tool.description.startswith("(MCP server imported says) ") for tool in await router.tools())


async def test_a_drain_ends_the_command_too(imports: Imports) -> None:
    async with imports.start(command("demo_server.py")) as started:
        assert "demo_add" in await listed(started.address)
        children = psutil.Process(started.pid).children()
        started.terminate()
        assert await started.wait() == 0
    assert len(children) == 1
    assert psutil.wait_procs(children, timeout=0.1)[1] == []
