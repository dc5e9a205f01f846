"""Tool services: the processes that serve tools."""

from toolmesh_sdk.records.record import Page
from toolmesh_sdk.records.tool import ToolService
from toolmesh_sdk.request import Query, Request, delete, get, post, read_page, read_record, segment


def list_tool_services(*, page_size: int = 0, page_token: str = "") -> Request[Page[ToolService]]:
    """Tool services by name, and whether calls to them go through."""
    query: Query = {"page_size": page_size, "page_token": page_token}
    return get("/v1/tool-services", read_page(ToolService, "tool_services"), query)


def register_tool_service(name: str, address: str) -> Request[ToolService]:
    """Adds or replaces a tool service; address is a gRPC target, such as "127.0.0.1:7011"."""
    body = {"name": name, "address": address}
    return post("/v1/tool-services", read_record(ToolService), body, repeatable=True)


def unregister_tool_service(name: str) -> Request[None]:
    """Forgets a tool service and its tools; an unknown one is no error."""
    return delete(f"/v1/tool-services/{segment(name)}")
