"""Small documents for one rule each."""

import json
from typing import Any

from toolmesh_imports.openapi import ImportOptions, OpenApiTool, import_document

SERVER = "https://api.example.com/v1"


def text_of(paths: dict[str, Any], *, openapi: str = "3.1.0", **more: Any) -> str:
    """A document with these paths."""
    return json.dumps(
        {
            "openapi": openapi,
            "info": {"title": "T", "version": "1"},
            "servers": [{"url": SERVER}],
            "paths": paths,
            **more,
        }
    )


def parameter(name: str, place: str = "query", **more: Any) -> dict[str, Any]:
    """A parameter of text, unless told otherwise."""
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "schema": {"type": "string"}, **required, **more}


def body(schema: Any, media_type: str = "application/json", **more: Any) -> dict[str, Any]:
    """A required body of one media type."""
    return {"required": True, "content": {media_type: {"schema": schema, **more}}}


def one_tool(
    operation: dict[str, Any],
    *,
    path: str = "/things",
    method: str = "get",
    options: ImportOptions | None = None,
    **more: Any,
) -> OpenApiTool:
    """The tool of a document with one operation."""
    (tool,) = import_document(text_of({path: {method: operation}}, **more), options).tools
    return tool


def schema_of(schema: Any, **more: Any) -> Any:
    """What becomes of the schema of a parameter named q."""
    tool = one_tool({"parameters": [parameter("q", schema=schema)]}, **more)
    return tool.arguments_schema["properties"]["q"]
