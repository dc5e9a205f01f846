"""What whoever imports a server chooses: which tools, how they are treated, and how much the server may send."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from toolmesh_core.errors import InvalidInput

_PREFIX = re.compile(r"[A-Za-z0-9_-]{0,33}")
_SERVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class McpLimits:
    """How much a server may send.

    Attributes:
        message_bytes: of one message, on both transports.
        unasked_messages: that nobody asked for (notifications, requests, lines that are no message) in 10 s.
        tools, pages: of one listing; the rest is left out and told.
        schema_chars: of one schema, as JSON.
        output_bytes: of a call's text and structured content, as JSON.
        media_bytes: of a call's images, audio and files, unpacked.
        parts: content blocks of a call.
        stderr_bytes: kept of a command's last words.
    """

    message_bytes: int = 8 * 2**20
    unasked_messages: int = 5000
    tools: int = 1000
    pages: int = 100
    schema_chars: int = 50_000
    output_bytes: int = 2 * 2**20
    media_bytes: int = 5 * 2**20
    parts: int = 100
    stderr_bytes: int = 4096


@dataclass(frozen=True, slots=True)
class McpOptions:
    """The choices of one import. Patterns (`*`, `?`) are of the server's own tool names.

    Attributes:
        name_prefix: put before each tool's name, at most 33 characters of a name; None takes the server's name and "_".
        names: tools that are taken.
        leave_out: tools that are not, also where `names` fits.
        read_only, idempotent: tools that are so; whoever runs ToolMesh says it, the server's hints alone never do.
        writes_need_approval: a person approves each call of a tool that is not read_only. A tool that its server
            calls destructive needs approval whatever is said here.
        roots: file:// addresses to tell a server that asks, before protocol 2026-07-28; none are told by default.
        timeout_s: the longest one call may take.
        connect_timeout_s: the longest a start, a handshake and a listing may take together.
        ready_wait_s: how long a call waits for a connection that is being made anew.
        first_retry_s, last_retry_s: the wait before the first new connection; it doubles up to the last.
        refresh_pause_s: the least time between two listings.
    """

    name_prefix: str | None = None
    names: tuple[str, ...] = ("*",)
    leave_out: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    idempotent: tuple[str, ...] = ()
    writes_need_approval: bool = True
    roots: tuple[str, ...] = ()
    timeout_s: float = 30.0
    connect_timeout_s: float = 30.0
    ready_wait_s: float = 5.0
    first_retry_s: float = 0.5
    last_retry_s: float = 30.0
    refresh_pause_s: float = 1.0
    limits: McpLimits = field(default_factory=McpLimits)

    def __post_init__(self) -> None:
        if self.name_prefix is not None and not _PREFIX.fullmatch(self.name_prefix):
            raise InvalidInput(
                f"name_prefix {self.name_prefix!r} must be at most 33 of letters, digits, '_' and '-'",
                field="name_prefix",
            )

    def takes(self, name: str) -> bool:
        """Whether a tool is taken."""
        return fits(name, self.names) and not fits(name, self.leave_out)


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns fits the whole name, case told apart."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def checked_server_name(name: str) -> str:
    """The name, which begins the name of each of its tools; without '_', so that no two servers share a tool's name.

    Raises:
        InvalidInput: it cannot.
    """
    if not _SERVER_NAME.fullmatch(name):
        raise InvalidInput(
            f"server name {name!r} must be 1 to 32 of letters, digits and '-', and begin with a letter or digit",
            field="name",
        )
    return name
