"""Makes tools of OpenAPI 3.0 and 3.1 documents, and calls them."""

from toolmesh_imports.openapi.caller import CallLimits, OpenApiCaller
from toolmesh_imports.openapi.import_document import ImportedApi, import_document
from toolmesh_imports.openapi.operation import OpenApiTool, Operation
from toolmesh_imports.openapi.options import ImportOptions
from toolmesh_imports.secret_source import SecretSource

__all__ = [
    "CallLimits",
    "ImportOptions",
    "ImportedApi",
    "OpenApiCaller",
    "OpenApiTool",
    "Operation",
    "SecretSource",
    "import_document",
]
