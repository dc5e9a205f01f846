"""An OpenAPI document of a DeploymentSource, opened."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_host.v1 import source_pb2
from toolmesh_core.egress.addresses import may_connect
from toolmesh_core.egress.targets import parse_target
from toolmesh_imports.openapi import (
    CallLimits,
    ImportedApi,
    ImportOptions,
    OpenApiCaller,
    OpenApiTool,
    import_document,
)
from toolmesh_imports.secret_source import SecretSource
from toolmesh_imports.sources.hosts import host_list, trusted
from toolmesh_imports.sources.json_text import object_of, text_of
from toolmesh_imports.sources.marks import marked, name_prefix
from toolmesh_imports.sources.open_import import ImportBounds, LeftOut, OpenImport, Tell

KIND = "openapi"
_READS = ("GET", "HEAD")
# What the tool router takes.
_MOST_SCHEMA_CHARS = 64 * 1024


class _ApiTool:
    """An operation that can be called."""

    def __init__(self, tool: OpenApiTool, caller: OpenApiCaller) -> None:
        self.definition: tool_pb2.Tool = marked(tool.definition, KIND, reads=tool.operation.method in _READS)
        self._tool = tool
        self._caller = caller

    async def call(self, arguments_json: str, tell: Tell) -> str:
        """The answer's body; it tells nothing before."""
        arguments = object_of(self._tool.name, arguments_json)
        return text_of(self._tool.name, await self._caller.call(self._tool, arguments))


@asynccontextmanager
async def open_openapi(
    source: source_pb2.OpenApiSource, secrets: SecretSource, bounds: ImportBounds
) -> AsyncGenerator[OpenImport]:
    """The import, as long as it is open; nothing is sent before the first call.

    Raises:
        InvalidInput: the document or a choice is wrong. FailedPrecondition: a server of the document is not allowed.
    """
    # A large document takes a second, which others should not wait for.
    api = await asyncio.to_thread(import_document, source.document, _options(source))
    hosts = host_list(source.allowed_hosts, (tool.operation.server for tool in api.tools))
    tls = await asyncio.to_thread(trusted, bounds)
    limits = CallLimits(timeout_s=bounds.timeout_s, max_response_bytes=bounds.max_output_bytes)
    left_out = tuple(
        LeftOut(tool.name, f"the schema of its arguments has over {_MOST_SCHEMA_CHARS} characters")
        for tool in api.tools
        if not _fits(tool)
    )
    async with OpenApiCaller(hosts, tls, secrets=secrets, limits=limits) as caller:
        tools = tuple(_ApiTool(tool, caller) for tool in api.tools if _fits(tool))
        yield OpenImport(KIND, tools, left_out, tuple(_warnings(api, bool(source.allowed_hosts))), api.title)


def _options(source: source_pb2.OpenApiSource) -> ImportOptions:
    return ImportOptions(
        tags=frozenset(source.tags),
        operations=tuple(source.patterns),
        name_prefix=name_prefix(source.prefix),
        server=source.server_url,
        secrets=dict(source.secrets),
        # The policy denies what reaches outside until a rule allows it, and the rule may ask for approval.
        writes_need_approval=False,
    )


def _fits(tool: OpenApiTool) -> bool:
    return len(tool.definition.arguments_schema_json) <= _MOST_SCHEMA_CHARS


def _warnings(api: ImportedApi, hosts_are_named: bool) -> Iterator[str]:
    for scheme in api.unmet_schemes:
        count = sum(scheme in tool.operation.unmet_schemes for tool in api.tools)
        yield f"{count} of {len(api.tools)} tools need a secret and have none: add --secret {scheme}=NAME"
    if hosts_are_named:
        return
    for server in dict.fromkeys(tool.operation.server for tool in api.tools):
        target = parse_target(server)
        if target.host == "localhost" or (_is_address(target.host) and not _is_public(target.host)):
            yield f"{server} lies in a private network, and calls will be refused: add --allow-host {target.authority}"


def _is_public(host: str) -> bool:
    return may_connect(host, private_allowed=False)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
