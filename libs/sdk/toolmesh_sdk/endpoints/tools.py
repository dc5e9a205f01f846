"""Tools: what there is, what fits a request, and calling one directly."""

from collections.abc import Mapping, Sequence
from typing import Any

from toolmesh_core.ids import new_id
from toolmesh_sdk.records.record import Page
from toolmesh_sdk.records.tool import Tool, ToolInvocation, ToolSearch
from toolmesh_sdk.request import Query, Request, get, read_page, read_record, segment

LONGEST_CALL_S = 330.0


def list_tools(*, tags: Sequence[str] = (), page_size: int = 0, page_token: str = "") -> Request[Page[Tool]]:
    """Tools by name; only those with all of the tags where any are named."""
    query: Query = {"tags": tuple(tags), "page_size": page_size, "page_token": page_token}
    return get("/v1/tools", read_page(Tool, "tools"), query)


def get_tool(tool: str) -> Request[Tool]:
    """One tool; NotFound where there is none of that name."""
    return get(f"/v1/tools/{segment(tool)}", read_record(Tool))


def search_tools(query: str, *, top_k: int = 0, tags: Sequence[str] = ()) -> Request[ToolSearch]:
    """The tools for a request in plain language, best first; top_k 0 means 5."""
    return get("/v1/tools:search", read_record(ToolSearch), {"query": query, "top_k": top_k, "tags": tuple(tags)})


def invoke_tool(
    tool: str, arguments: Mapping[str, Any] | None = None, *, request_id: str = "", timeout_s: float = LONGEST_CALL_S
) -> Request[ToolInvocation]:
    """Calls a tool.

    Args:
        arguments: checked against the tool's schema; InvalidInput names what is wrong.
        request_id: the same id means the same call; one is made where it is empty, so that sending again is safe.
        timeout_s: seconds; above the longest that the platform lets a tool run.

    Raises ToolError where the tool says no.
    """
    body = {"arguments": dict(arguments or {}), "request_id": request_id or new_id("request")}
    return Request(
        "POST",
        f"/v1/tools/{segment(tool)}:invoke",
        read_record(ToolInvocation),
        make_body=lambda: body,
        repeatable=True,
        timeout_s=timeout_s,
    )
