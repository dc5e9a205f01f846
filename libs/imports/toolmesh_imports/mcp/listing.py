"""Asks a server for all its tools, page by page, within bounds."""

from typing import Any

from mcp.client import Client

from toolmesh_imports.mcp.mcp_tool import LeftOut
from toolmesh_imports.mcp.options import McpLimits
from toolmesh_imports.mcp.session_watch import SessionWatch


async def list_entries(client: Client, watch: SessionWatch, limits: McpLimits) -> tuple[list[Any], list[LeftOut]]:
    """The entries of all pages as they came, and what was left out.

    Raises:
        mcp.MCPError, ValueError: the server says no, or gives no listing.
    """
    entries: list[Any] = []
    left_out: list[LeftOut] = []
    cursor, seen = None, set[str]()
    for _ in range(limits.pages):
        page = await client.list_tools(cursor=cursor)
        kept = {tool.name for tool in page.tools}
        for entry in watch.listed[: limits.tools + 1]:
            if _has_bad_headers(entry, kept):
                left_out.append(LeftOut(str(entry["name"])[:80], "its x-mcp-header annotations are not valid"))
            else:
                entries.append(entry)
        watch.listed = []
        cursor = page.next_cursor
        if len(entries) > limits.tools:
            left_out.append(LeftOut("*", f"the server lists over {limits.tools} tools; the rest is left out"))
            return entries[: limits.tools], left_out
        if cursor is None:
            return entries, left_out
        if cursor in seen:
            left_out.append(LeftOut("*", "the server's pages go round in a circle"))
            return entries, left_out
        seen.add(cursor)
    left_out.append(LeftOut("*", f"the server has over {limits.pages} pages; the rest is left out"))
    return entries, left_out


def _has_bad_headers(entry: Any, kept: set[str]) -> bool:
    """The SDK has dropped it, as the protocol says (2026-07-28)."""
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and isinstance(entry.get("inputSchema"), dict)
        and entry["name"] not in kept
    )
