"""tools/list: the router's tools, page by page, as MCP describes tools."""

from functools import lru_cache
from typing import Any

import orjson

from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.errors import InvalidInput, ToolMeshError
from toolmesh_gateway.api.mcp.json_rpc import INVALID_PARAMS, RpcError
from toolmesh_gateway.api.mcp.rpc_exchange import RpcExchange, need_scope
from toolmesh_gateway.api.mcp.tool_outcome import platform_failure
from toolmesh_gateway.api.transcoding.json_text import embed_json
from toolmesh_gateway.app.ports import SingleCall
from toolmesh_gateway.domain.scopes import TOOLS_READ

# A page of most tools is some hundred kilobytes; 10,000 tools are 50 pages.
PAGE_SIZE = 200
# Has a client repeat arguments as headers. A marked schema came from an import, and nobody here reads the headers.
_HEADER_MARK = "x-mcp-header"
_OUR_REFS = "#/$defs/"
# A schema with these means something else once it is a part of another.
_ROOTED = ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "definitions")
_SUMMARY: dict[str, Any] = {
    "type": "object",
    "description": "Stands in for an output that was too large.",
    "properties": {
        "summary": {},
        "artifact": {"type": ["string", "null"]},
        "size_bytes": {"type": "integer"},
        "note": {"type": "string"},
    },
    "required": ["summary", "artifact", "size_bytes", "note"],
}


class ListTools:
    """Lists tools; each request holds one page and no more."""

    def __init__(self, list_tools: SingleCall) -> None:
        self._list_tools = list_tools

    async def __call__(self, rpc: RpcExchange) -> None:
        """Answers."""
        need_scope(rpc.exchange, TOOLS_READ)
        cursor = rpc.message.params.get("cursor", "")
        if not isinstance(cursor, str):
            raise RpcError(INVALID_PARAMS, "params.cursor must be the nextCursor of the page before")
        try:
            page = await self._list_tools(
                tool_router_service_pb2.ListToolsRequest(page_size=PAGE_SIZE, page_token=cursor)
            )
        except InvalidInput as error:
            message = f"params.cursor {cursor[:40]!r} is none of ours; pass nextCursor of the page before"
            raise RpcError(INVALID_PARAMS, message) from error
        except ToolMeshError as error:
            raise platform_failure(error) from error
        await rpc.respond(_page_result(page, is_stateless=rpc.is_stateless))


def _page_result(page: tool_router_service_pb2.ListToolsResponse, *, is_stateless: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"tools": [mcp_tool(tool, is_stateless=is_stateless) for tool in page.tools]}
    if page.next_page_token:
        result["nextCursor"] = page.next_page_token
    if is_stateless:
        # A tool that dies is gone at once, so no list may be taken for true later.
        result |= {"ttlMs": 0, "cacheScope": "private"}
    return result


def mcp_tool(tool: tool_pb2.Tool, *, is_stateless: bool) -> dict[str, Any]:
    """A tool as MCP describes it."""
    described: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": embed_json(_input_schema(tool.arguments_schema_json)),
        "annotations": {"readOnlyHint": tool.read_only, "idempotentHint": tool.idempotent},
    }
    output = _output_schema(tool.output_schema_json, is_stateless)
    if output:
        described["outputSchema"] = embed_json(output)
    if tool.needs_approval:
        described["_meta"] = {"toolmesh.dev/needsApproval": True}
    return described


def _input_schema(text: str) -> str:
    if not text:
        return '{"type":"object"}'
    return orjson.dumps(_unmarked(orjson.loads(text))).decode() if _HEADER_MARK in text else text


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(item) for key, item in value.items() if key != _HEADER_MARK or not isinstance(item, str)}
    return [_unmarked(item) for item in value] if isinstance(value, list) else value


@lru_cache(maxsize=2048)
def _output_schema(text: str, is_stateless: bool) -> str:
    """The schema of what a call gives: the tool's own, or a summary's where the output is too large.

    Clients check results against it and refuse what does not fit. Empty where it cannot be said: there is no schema,
    it cannot be a part of another one, or the version allows objects only and it is of something else.
    """
    schema = orjson.loads(text) if text else None
    if not isinstance(schema, dict) or any(f'"{word}"' in text for word in _ROOTED) or not _has_our_refs_only(schema):
        return ""
    if not is_stateless and schema.get("type") != "object":
        return ""
    whole: dict[str, Any] = {} if is_stateless else {"type": "object"}
    for key in ("$schema", "$defs"):
        if key in schema:
            whole[key] = schema.pop(key)
    return orjson.dumps(whole | {"anyOf": [schema, _SUMMARY]}).decode()


def _has_our_refs_only(value: Any) -> bool:
    if isinstance(value, dict):
        target = value.get("$ref", _OUR_REFS)
        is_ours = not isinstance(target, str) or target.startswith(_OUR_REFS)
        return is_ours and all(map(_has_our_refs_only, value.values()))
    return all(map(_has_our_refs_only, value)) if isinstance(value, list) else True
