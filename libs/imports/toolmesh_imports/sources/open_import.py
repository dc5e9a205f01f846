"""An import that is open, whatever it is of: its tools as they are now, and whether calls reach them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from toolmesh.tool.v1 import tool_pb2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call is.

    Attributes:
        fraction: 0 to 1, or 0 where the other side cannot say.
        message: one line of the other side's.
    """

    fraction: float
    message: str


Tell = Callable[[Progress | str], None]
"""Takes how far a call is, or a piece of its output as text; it does not wait."""


@dataclass(frozen=True, slots=True)
class ImportBounds:
    """The bounds of an import.

    Attributes:
        timeout_s: of one call.
        connect_timeout_s: of reading what there is: a start, a handshake, a listing.
        max_output_bytes: that one call may give.
        ca_file: PEM of authorities to trust instead of the usual ones, for https.
    """

    timeout_s: float = 30.0
    connect_timeout_s: float = 30.0
    max_output_bytes: int = 2 * 2**20
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is no tool, or only a part of one, and why."""

    name: str
    why: str


class ImportedTool(Protocol):
    """A tool that can be called as long as its import is open."""

    @property
    def definition(self) -> tool_pb2.Tool:
        """The tool as the contract has it."""
        ...

    async def call(self, arguments_json: str, tell: Tell) -> str:
        """The output as JSON text.

        Raises:
            InvalidInput, ToolError: the arguments are wrong; the other side said no.
            Unavailable, DeadlineExceeded: it gives no answer, or none in time.
        """
        ...


@dataclass
class OpenImport:
    """An import that is open.

    Attributes:
        kind: "openapi", "mcp" or "grpc".
        warnings: what whoever imports should know, a line each.
        title: what a document calls itself.
        up: whether calls reach the other side; of an API over HTTP only the calls can tell.
        reason: why not.
        on_change: called when the tools, or `up`, are others; it must not wait.
    """

    kind: str
    tools: tuple[ImportedTool, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    title: str = ""
    up: bool = True
    reason: str = ""
    on_change: Callable[[], None] = field(default=lambda: None)

    def change(self, tools: Iterable[ImportedTool], left_out: Iterable[LeftOut]) -> None:
        """Takes a new list; calls reach the other side."""
        self.tools, self.left_out = tuple(tools), tuple(left_out)
        self.up, self.reason = True, ""
        self.on_change()

    def lose(self, reason: str) -> None:
        """The other side is gone; the tools stay as they were last."""
        self.up, self.reason = False, reason
        self.on_change()
