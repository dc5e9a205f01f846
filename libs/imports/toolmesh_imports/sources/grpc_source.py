"""A gRPC server of a DeploymentSource, opened: read by reflection, and read again when it was gone and is back."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import grpc

from toolmesh.tool_host.v1 import source_pb2
from toolmesh_core.errors import InvalidInput, ToolMeshError
from toolmesh_imports.grpc_reflection import (
    GrpcImport,
    GrpcPeer,
    GrpcTool,
    ImportOptions,
    SecretMetadata,
    TlsOptions,
    import_grpc,
)
from toolmesh_imports.secret_source import SecretSource
from toolmesh_imports.sources.marks import marked, name_prefix
from toolmesh_imports.sources.open_import import ImportBounds, ImportedTool, LeftOut, OpenImport, Tell

logger = logging.getLogger(__name__)
KIND = "grpc"
_LOST = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)


class _MethodTool:
    """A method that can be called."""

    def __init__(self, tool: GrpcTool) -> None:
        self.definition = marked(tool.definition, KIND, reads=False)
        self._tool = tool

    async def call(self, arguments_json: str, tell: Tell) -> str:
        """The reply, or the list of all replies of a stream, each of which is told as it comes, on its line."""
        if not self._tool.streams:
            return await self._tool.call(arguments_json)
        replies: list[str] = []
        async for reply in self._tool.replies(arguments_json):
            tell(f"{reply}\n")
            replies.append(reply)
        return f"[{','.join(replies)}]"


@asynccontextmanager
async def open_grpc(
    source: source_pb2.GrpcSource, secrets: SecretSource, bounds: ImportBounds
) -> AsyncGenerator[OpenImport]:
    """The import, as long as it is open.

    Raises:
        InvalidInput: the descriptors or a choice are wrong. FailedPrecondition: the server has no reflection, or
            refuses. Unavailable, DeadlineExceeded: it cannot be reached, or does not answer in time.
    """
    connection = _Connection(source, secrets, bounds)
    await connection.read()
    following = asyncio.create_task(connection.follow())
    following.add_done_callback(_tell_defect)
    try:
        yield connection.opened
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await connection.close()


class _Connection:
    """Follows one server.

    Attributes:
        opened: the import as it is.
    """

    def __init__(self, source: source_pb2.GrpcSource, secrets: SecretSource, bounds: ImportBounds) -> None:
        # Nobody has asked a server whose descriptors are given.
        self.opened = OpenImport(KIND, up=not source.descriptor_set)
        self._descriptor_set = source.descriptor_set or None
        self._peer = _peer(source, secrets)
        self._options = _options(source, bounds)
        self._read: GrpcImport | None = None

    async def read(self) -> None:
        """Reads what the server has; calls that run on what it had before are over, as is their connection."""
        fresh = await import_grpc(self._peer, self._options, descriptor_set=self._descriptor_set)
        await self.close()
        self._read = fresh
        tools: list[ImportedTool] = [_MethodTool(tool) for tool in fresh.tools.values()]
        self.opened.tools = tuple(tools)
        self.opened.left_out = tuple(LeftOut(item.name, item.reason) for item in fresh.left_out)

    async def close(self) -> None:
        """Ends the connection."""
        if self._read is not None:
            await self._read.close()

    async def follow(self) -> None:
        """Tells when the server is gone, and reads it again when it is back."""
        while True:
            if self.opened.up:
                await self._until(*_LOST)
                self.opened.lose(f"{self._peer.address} cannot be reached")
            await self._until(grpc.ChannelConnectivity.READY)
            try:
                await self.read()
            except ToolMeshError as error:
                # It is there and does not describe itself, so what it had last is what can be called.
                logger.warning("not read again", extra={"detail": error.message})
            self.opened.change(self.opened.tools, self.opened.left_out)

    async def _until(self, *wanted: grpc.ChannelConnectivity) -> None:
        assert self._read is not None  # noqa: S101 - read before
        channel = self._read.channel
        while (state := channel.get_state(try_to_connect=True)) not in wanted:
            await channel.wait_for_state_change(state)


def _tell_defect(following: "asyncio.Task[None]") -> None:
    if not following.cancelled() and (error := following.exception()) is not None:
        logger.error("the server is not followed any more", exc_info=error)


def _peer(source: source_pb2.GrpcSource, secrets: SecretSource) -> GrpcPeer:
    if not source.address:
        raise InvalidInput("the gRPC server has no address: give one such as 127.0.0.1:50051", field="address")
    metadata = tuple(
        SecretMetadata(key.lower(), secret, "Bearer " if key.lower() == "authorization" else "")
        for key, secret in source.secret_metadata.items()
    )
    return GrpcPeer(source.address, TlsOptions() if source.tls else None, metadata, secrets)


def _options(source: source_pb2.GrpcSource, bounds: ImportBounds) -> ImportOptions:
    return ImportOptions(
        services=tuple(source.services) or ("*",),
        name_prefix=name_prefix(source.prefix),
        # The policy denies what reaches outside until a rule allows it, and the rule may ask for approval.
        writes_need_approval=False,
        timeout_s=bounds.timeout_s,
        import_timeout_s=bounds.connect_timeout_s,
        max_output_bytes=bounds.max_output_bytes,
    )
