"""What an imported tool may say of itself. The strictest reading: what a description claims opens nothing."""

import re

from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.errors import InvalidInput

_PREFIX = re.compile(r"[A-Za-z0-9_-]{0,31}")


def marked(definition: tool_pb2.Tool, kind: str, *, reads: bool) -> tool_pb2.Tool:
    """A copy of a definition with the marks that the router's policy goes by.

    Args:
        kind: becomes the first tag; the policy counts "openapi", "mcp" and "grpc" as reaching outside.
        reads: it only reads, and so may be retried; nothing else is.
    """
    copy = tool_pb2.Tool()
    copy.CopyFrom(definition)
    copy.read_only = copy.idempotent = reads
    del copy.tags[:]
    copy.tags.extend(dict.fromkeys([kind, *definition.tags]))
    return copy


def name_prefix(prefix: str) -> str:
    """What goes before each tool's name: the prefix and "_", or nothing.

    Raises:
        InvalidInput: it cannot be part of a tool's name.
    """
    if not _PREFIX.fullmatch(prefix):
        raise InvalidInput(f"prefix {prefix!r} must be at most 31 of letters, digits, '_' and '-'", field="prefix")
    return f"{prefix}_" if prefix else ""
