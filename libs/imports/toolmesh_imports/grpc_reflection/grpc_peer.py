"""The server behind an import: its address, how it is trusted, and what it is sent with each call."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc

from toolmesh_core.errors import InvalidInput
from toolmesh_imports.grpc_reflection.secret_metadata import CallMetadata, SecretMetadata, read_metadata
from toolmesh_imports.secret_source import SecretSource

# ToolMesh's own habits (context metadata, quick reconnects) are for neighbours; a foreign server gets none of them. But
# one that is back is found within 10 s, not gRPC's two minutes.
_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_metadata_size", 64 * 1024),
    ("grpc.max_reconnect_backoff_ms", 10_000),
)


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How the server is trusted, and who we are to it; all PEM files.

    Attributes:
        ca: authorities that sign the server's certificate; those of the system where it is left out.
        cert, key: our own certificate, for servers that ask for one.
        server_name: the name that the server's certificate holds, where it is not the address's.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class GrpcPeer:
    """A gRPC server.

    Attributes:
        address: host:port or unix:PATH.
        tls: None means plain text.
        metadata: secrets to send with each call, those of reflection included.
        secrets: where they are kept.
        plain_secrets: secrets may go as plain text to another machine.

    Raises:
        InvalidInput: secrets would go as plain text to another machine, and that is not allowed.
    """

    address: str
    tls: TlsOptions | None = None
    metadata: tuple[SecretMetadata, ...] = ()
    secrets: SecretSource | None = None
    plain_secrets: bool = False

    def __post_init__(self) -> None:
        if self.metadata and self.tls is None and not self.plain_secrets and not _is_local(self.address):
            raise InvalidInput(
                f"secrets would go to {self.address} as plain text; set tls, or plain_secrets=True where that is safe",
                reason="PLAIN_SECRETS",
            )

    async def read_metadata(self) -> CallMetadata:
        """What the server is sent now; secrets are read anew, so that a renewed one counts at once.

        Raises:
            ToolError: SECRET_MISSING, a secret is not there or cannot be sent.
        """
        return await read_metadata(self.metadata, self.secrets)

    def connect(self, max_message_bytes: int) -> grpc.aio.Channel:
        """A new channel; nothing is sent before the first call.

        Raises:
            InvalidInput: a PEM file cannot be read.
        """
        options = [*_OPTIONS, ("grpc.max_receive_message_length", max_message_bytes)]
        if self.tls is None:
            return grpc.aio.insecure_channel(self.address, options)
        if self.tls.server_name:
            options.append(("grpc.ssl_target_name_override", self.tls.server_name))
        credentials = grpc.ssl_channel_credentials(_pem(self.tls.ca), _pem(self.tls.key), _pem(self.tls.cert))
        return grpc.aio.secure_channel(self.address, credentials, options)


def _pem(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path else None
    except OSError as error:
        raise InvalidInput(f"the PEM file {path} cannot be read: {error.strerror}", field="tls") from error


def _is_local(address: str) -> bool:
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    try:
        host = urlsplit(f"//{address}").hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
