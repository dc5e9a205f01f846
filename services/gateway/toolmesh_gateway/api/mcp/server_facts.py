"""What the server says about itself."""

from importlib.metadata import version
from typing import Any

from toolmesh_gateway.domain.mcp_versions import SUPPORTED

SERVER_INFO_KEY = "io.modelcontextprotocol/serverInfo"
SERVER_INFO = {"name": "toolmesh", "title": "ToolMesh", "version": version("toolmesh-gateway")}
_CAPABILITIES = {"tools": {"listChanged": True}, "resources": {}}
_INSTRUCTIONS = (
    "The tools of a ToolMesh platform. A result that was too large is a summary; the whole, like other files of a "
    "result, is a resource that it links to."
)
# How long a client may go on without asking again; what is said here changes with a new release only.
_DISCOVERY_TTL_MS = 60_000


def initialize_result(agreed: str) -> dict[str, Any]:
    """The answer to a handshake, in the version agreed on."""
    return {
        "protocolVersion": agreed,
        "capabilities": _CAPABILITIES,
        "serverInfo": SERVER_INFO,
        "instructions": _INSTRUCTIONS,
    }


def discover_result() -> dict[str, Any]:
    """The same for whoever asks without a handshake."""
    return {
        "supportedVersions": list(SUPPORTED),
        "capabilities": _CAPABILITIES,
        "instructions": _INSTRUCTIONS,
        "ttlMs": _DISCOVERY_TTL_MS,
        "cacheScope": "public",
    }
