"""The OpenAPI 3.1 document of the table of routes."""

from typing import Any

from toolmesh_gateway.api.openapi.comments import read_comments
from toolmesh_gateway.api.openapi.openai_schemas import COMPONENTS
from toolmesh_gateway.api.openapi.operations import Operations
from toolmesh_gateway.api.openapi.schemas import Schemas
from toolmesh_gateway.api.transcoding.json_text import write_json
from toolmesh_gateway.app.descriptors import descriptor_of
from toolmesh_gateway.domain.routes import ROUTES

_DESCRIPTION = (
    "ToolMesh answers requests in plain language by finding the right tools and calling them. "
    "Send `Authorization: Bearer KEY`; `Request-Timeout: SECONDS` shortens a call; `Idempotency-Key` fills request_id. "
    "Unset messages and optional fields are left out of answers; all other fields are always there."
)


def openapi_json() -> bytes:
    """The document as JSON."""
    return write_json(openapi_document())


def openapi_document() -> dict[str, Any]:
    """The document."""
    schemas = Schemas(read_comments())
    operations = Operations(schemas)
    paths: dict[str, Any] = {}
    for route in ROUTES:
        path = paths.setdefault(route.path.replace("=**", ""), {})
        path[route.verb.lower()] = operations.of(route, descriptor_of(route.rpc) if route.rpc else None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ToolMesh", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": dict(sorted((schemas.components | COMPONENTS).items())),
        },
    }
