"""Where a server is: a command of this machine, or an address."""

import os
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx2
from mcp.client.streamable_http import streamable_http_client

from toolmesh_core.egress.guarded_transport import GuardedTransport
from toolmesh_core.egress.host_list import HostList
from toolmesh_core.egress.targets import Target, parse_target
from toolmesh_core.errors import InvalidInput, ToolError
from toolmesh_imports.mcp.http_transport import GuardedHttp
from toolmesh_imports.mcp.options import McpLimits
from toolmesh_imports.mcp.secret_values import SecretHeader, SecretReader
from toolmesh_imports.mcp.session_watch import SessionWatch
from toolmesh_imports.mcp.stdio_transport import LastWords, stdio_transport
from toolmesh_imports.secret_source import SecretSource

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_OURS = "TOOLMESH_"
_CONNECT_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Opening:
    """What a peer needs to open a session, and tells of it.

    Attributes:
        last_words: of a command; stays empty for an address.
    """

    limits: McpLimits
    watch: SessionWatch
    secrets: SecretReader
    last_words: LastWords


class McpPeer(Protocol):
    """A server that sessions can be opened with."""

    @property
    def secrets(self) -> SecretSource | None:
        """Where its secrets are kept."""
        ...

    def open(self, opening: Opening) -> "AbstractAsyncContextManager[TransportStreams]":
        """A transport for one session. Entering raises ToolError where a secret is missing, and OSError."""
        ...


@dataclass(frozen=True, slots=True)
class StdioPeer:
    """A command that speaks MCP on its stdin and stdout.

    Attributes:
        command: with its arguments; no shell reads it.
        environment: variables it is given.
        secret_environment: variables whose values are secrets, by the secret's name.
        inherited: variables of our own environment that it is given too; none of ToolMesh's own.
        directory: where it starts; where we did, by default.

    Raises:
        InvalidInput: there is no command, or a variable is ToolMesh's own.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    secret_environment: Mapping[str, str] = field(default_factory=dict)
    inherited: tuple[str, ...] = ("PATH", "HOME", "LANG", "TZ")
    directory: Path | None = None
    secrets: SecretSource | None = None

    def __post_init__(self) -> None:
        if not self.command or not self.command[0]:
            raise InvalidInput("the command is empty: give the program and its arguments", field="command")
        if taken := [name for name in self.inherited if name.upper().startswith(_OURS)]:
            raise InvalidInput(f"{taken} are ToolMesh's own variables: no server is given them", field="inherited")

    @asynccontextmanager
    async def open(self, opening: Opening) -> "AsyncGenerator[TransportStreams]":
        """A transport; the command runs as long as it is open."""
        environment = {name: os.environ[name] for name in self.inherited if name in os.environ}
        environment.update(self.environment)
        for name, reference in self.secret_environment.items():
            environment[name] = await opening.secrets.read(reference)
        async with stdio_transport(
            self.command,
            environment,
            self.directory,
            limits=opening.limits,
            watch=opening.watch,
            last_words=opening.last_words,
        ) as streams:
            yield streams


@dataclass(frozen=True, slots=True)
class HttpPeer:
    """An address that speaks MCP over streamable HTTP.

    Attributes:
        hosts: which hosts may be reached; the address's must be among them.
        tls: whom to trust.
        headers: secrets to send with each request.
        plain_secrets: they may go as plain text to another machine.

    Raises:
        InvalidInput: it is no http or https address, or secrets would go out as plain text.
    """

    url: str
    hosts: HostList
    tls: ssl.SSLContext
    headers: tuple[SecretHeader, ...] = ()
    secrets: SecretSource | None = None
    plain_secrets: bool = False

    def __post_init__(self) -> None:
        target = self._target()
        if self.headers and target.scheme == "http" and not self.plain_secrets and not _is_local(target.host):
            raise InvalidInput(
                f"secrets would go to {target.host} as plain text; use https, or plain_secrets=True where that is safe",
                reason="PLAIN_SECRETS",
                field="url",
            )

    def _target(self) -> Target:
        try:
            return parse_target(self.url)
        except ToolError as error:
            raise InvalidInput(error.message, field="url") from error

    @asynccontextmanager
    async def open(self, opening: Opening) -> "AsyncGenerator[TransportStreams]":
        """A transport; nothing is sent before the first message."""
        transport = GuardedHttp(
            GuardedTransport(self.hosts, self.tls), self.headers, opening.secrets, opening.watch, opening.limits
        )
        timeout = httpx2.Timeout(_CONNECT_TIMEOUT_S, read=_READ_TIMEOUT_S)
        async with (
            httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as client,
            streamable_http_client(
                self._target().url, http_client=client, max_sse_event_size=opening.limits.message_bytes
            ) as streams,
        ):
            yield streams


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
