"""An MCP server of a DeploymentSource, opened."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from toolmesh.tool_host.v1 import source_pb2
from toolmesh_core.errors import InvalidInput, ToolError
from toolmesh_imports.mcp import (
    HttpPeer,
    McpLimits,
    McpOptions,
    McpPeer,
    McpServer,
    McpTool,
    SecretHeader,
    ServerState,
    StdioPeer,
)
from toolmesh_imports.secret_source import SecretSource
from toolmesh_imports.sources.hosts import host_list, trusted
from toolmesh_imports.sources.json_text import object_of, text_of
from toolmesh_imports.sources.marks import marked, name_prefix
from toolmesh_imports.sources.open_import import ImportBounds, LeftOut, OpenImport, Progress, Tell

KIND = "mcp"
_NOT_IN_SERVER_NAMES = re.compile(r"[^A-Za-z0-9]+")
_MAX_SERVER_NAME_CHARS = 32


class _McpTool:
    """A server's tool that can be called."""

    def __init__(self, tool: McpTool, server: McpServer) -> None:
        self.definition = marked(tool.definition, KIND, reads=False)
        self._server = server

    async def call(self, arguments_json: str, tell: Tell) -> str:
        """The result as one JSON value; the server's progress is told."""
        name = self.definition.name
        arguments = object_of(name, arguments_json)
        result = await self._server.call(
            name, arguments, on_progress=lambda told: tell(Progress(told.fraction, told.message))
        )
        return text_of(name, result.output())


@asynccontextmanager
async def open_mcp(
    source: source_pb2.McpSource, name: str, secrets: SecretSource, bounds: ImportBounds
) -> AsyncGenerator[OpenImport]:
    """The import, as long as it is open: connected, and connected to again when the server dies.

    Args:
        name: of the deployment; it marks the server's words.

    Raises:
        InvalidInput: a choice is wrong. FailedPrecondition, Unavailable, DeadlineExceeded: the server is not there,
            refuses, does not speak MCP, or is not ready in time.
    """
    opened = OpenImport(KIND, up=False)

    def changed(state: ServerState) -> None:
        if state.up:
            tools = (_McpTool(tool, server) for tool in state.tools.values())
            opened.change(tools, (LeftOut(item.name, item.why) for item in state.left_out))
        else:
            opened.lose(state.reason)

    options = McpOptions(
        name_prefix=name_prefix(source.prefix),
        # The policy denies what reaches outside until a rule allows it, and the rule may ask for approval.
        writes_need_approval=False,
        timeout_s=bounds.timeout_s,
        connect_timeout_s=bounds.connect_timeout_s,
        limits=McpLimits(output_bytes=bounds.max_output_bytes),
    )
    server = McpServer(_server_name(name), await _peer(source, secrets, bounds), options, on_change=changed)
    async with server:
        yield opened


async def _peer(source: source_pb2.McpSource, secrets: SecretSource, bounds: ImportBounds) -> McpPeer:
    if source.WhichOneof("transport") == "command":
        command = source.command
        return StdioPeer(
            (command.command, *command.arguments),
            environment=dict(command.environment),
            secret_environment=dict(command.secrets),
            secrets=secrets,
        )
    if source.WhichOneof("transport") != "endpoint":
        raise InvalidInput("the MCP server has neither a command nor an endpoint: give one", field="mcp")
    return await _http_peer(source.endpoint, secrets, bounds)


async def _http_peer(endpoint: source_pb2.McpEndpoint, secrets: SecretSource, bounds: ImportBounds) -> HttpPeer:
    headers = tuple(
        SecretHeader(header, secret, "Bearer " if header.lower() == "authorization" else "")
        for header, secret in endpoint.secret_headers.items()
    )
    try:
        hosts = host_list(endpoint.allowed_hosts, [endpoint.url])
    except ToolError as error:
        raise InvalidInput(error.message, field="url") from error
    return HttpPeer(endpoint.url, hosts, await asyncio.to_thread(trusted, bounds), headers, secrets)


def _server_name(name: str) -> str:
    """The deployment's name as an MCP server's, which has neither '_' nor a '-' in front."""
    return _NOT_IN_SERVER_NAMES.sub("-", name).strip("-")[:_MAX_SERVER_NAME_CHARS] or KIND
