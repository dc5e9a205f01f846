"""What is known of a server at one moment, and how far a call is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from toolmesh_imports.mcp.mcp_tool import LeftOut, McpTool
from toolmesh_imports.openapi.texts import one_line

_MAX_MESSAGE_CHARS = 200


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server as it is.

    Attributes:
        up: calls reach it.
        tools: by our names; while it is down, those it had.
        left_out: what is no tool, and why.
        protocol_version: of the session, or the last one.
        reason: why it is down.
    """

    up: bool = False
    tools: Mapping[str, McpTool] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    protocol_version: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call is.

    Attributes:
        fraction: 0 to 1, or 0 where the server cannot say.
        message: one line of the server's.
    """

    fraction: float
    message: str


OnProgress = Callable[[Progress], None]
OnChange = Callable[[ServerState], None]


def progress_of(done: float, total: float | None, message: str | None) -> Progress:
    """What a progress notification says."""
    known = total is not None and total > 0 and isfinite(done) and isfinite(total)
    fraction = min(1.0, max(0.0, done / total)) if known and total else 0.0
    return Progress(fraction, one_line(message or "", _MAX_MESSAGE_CHARS))
