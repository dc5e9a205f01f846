"""A whole import: descriptors by reflection or from a file, then every method that can be one as a tool."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from toolmesh_core.errors import DeadlineExceeded, FailedPrecondition, InvalidInput, ToolError
from toolmesh_imports.grpc_reflection.comments import comments_of, one_line
from toolmesh_imports.grpc_reflection.descriptor_files import (
    MAX_DESCRIPTOR_BYTES,
    WELL_KNOWN_FILES,
    build_pool,
    read_descriptor_set,
    service_names,
)
from toolmesh_imports.grpc_reflection.grpc_peer import GrpcPeer
from toolmesh_imports.grpc_reflection.grpc_tool import GrpcTool, MethodTool
from toolmesh_imports.grpc_reflection.method_tools import LeftOut, MethodTools
from toolmesh_imports.grpc_reflection.options import ImportOptions, matches
from toolmesh_imports.grpc_reflection.reflection_client import ReflectionClient

_OWN = ("grpc.reflection.", "grpc.health.")


@dataclass(frozen=True, slots=True)
class GrpcImport:
    """The tools of a server, callable until `close`.

    Attributes:
        tools: by name.
        left_out: what is no tool, and why.
        source: "reflection v1", "reflection v1alpha" or "descriptor set".
    """

    tools: Mapping[str, GrpcTool]
    left_out: tuple[LeftOut, ...]
    source: str
    channel: grpc.aio.Channel

    async def close(self) -> None:
        """Ends the calls that run, and the connection."""
        await self.channel.close(None)

    async def __aenter__(self) -> "GrpcImport":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


@dataclass(frozen=True, slots=True)
class _Description:
    source: str
    origin: str
    services: tuple[str, ...]
    files: Mapping[str, FileDescriptorProto]


async def import_grpc(
    peer: GrpcPeer, options: ImportOptions | None = None, *, descriptor_set: Path | bytes | None = None
) -> GrpcImport:
    """Makes tools of a gRPC server's methods.

    Args:
        descriptor_set: a serialized FileDescriptorSet or its file, instead of reflection; its comments become
            descriptions. The server is then not asked anything before the first call.

    Raises:
        InvalidInput: the descriptors are broken or incomplete, or no service is chosen.
        FailedPrecondition: the server has no reflection or refuses it, or a secret is missing.
        Unavailable, DeadlineExceeded: it cannot be reached, or does not answer in time.
    """
    chosen = options or ImportOptions()
    if descriptor_set is None:
        description = await _by_reflection(peer, chosen)
    else:
        description = await asyncio.to_thread(_from_set, descriptor_set)
    # Thousands of methods take seconds, which others should not wait for.
    made = await asyncio.to_thread(_made, peer, chosen, description)
    own = [LeftOut(name, "the server's own reflection or health") for name in description.services if _is_own(name)]
    channel = peer.connect(chosen.max_output_bytes)
    tools = [GrpcTool(item, channel, peer, chosen) for item in made if not isinstance(item, LeftOut)]
    left_out = (*(item for item in made if isinstance(item, LeftOut)), *own)
    return GrpcImport({tool.name: tool for tool in tools}, left_out, description.source, channel)


async def _by_reflection(peer: GrpcPeer, options: ImportOptions) -> _Description:
    try:
        metadata = await peer.read_metadata()
    except ToolError as error:
        raise FailedPrecondition(error.message, reason=error.reason) from error
    channel = peer.connect(MAX_DESCRIPTOR_BYTES)
    try:
        async with asyncio.timeout(options.import_timeout_s):
            client = ReflectionClient(channel, peer.address, metadata, options.import_timeout_s)
            services = await client.list_services()
            files = await client.read_files(_chosen(services, options))
    except TimeoutError as error:
        raise DeadlineExceeded(
            f"{peer.address} did not describe itself within {options.import_timeout_s:g} s; allow more time"
        ) from error
    finally:
        await channel.close(None)
    return _Description(f"reflection {client.version}", peer.address, tuple(services), files)


def _from_set(source: Path | bytes) -> _Description:
    files = read_descriptor_set(source)
    services = sorted({name for file in files.values() for name in service_names(file)})
    return _Description("descriptor set", "the descriptor set", tuple(services), files)


def _made(peer: GrpcPeer, options: ImportOptions, description: _Description) -> list[MethodTool | LeftOut]:
    services = _chosen(description.services, options)
    if not services:
        there = one_line(", ".join(description.services) or "none", 500)
        raise InvalidInput(
            f"no service of {peer.address} can be imported with services={options.services}; there are: {there}",
            field="services",
        )
    pool = build_pool(description.files, description.origin)
    # What the well-known messages are, the schemas say themselves.
    comments = comments_of(file for name, file in description.files.items() if name not in WELL_KNOWN_FILES)
    return list(MethodTools(pool, comments, options).of([pool.FindServiceByName(name) for name in services]))


def _chosen(services: Sequence[str], options: ImportOptions) -> list[str]:
    return [name for name in services if not _is_own(name) and matches(name, options.services)]


def _is_own(service: str) -> bool:
    return service.startswith(_OWN)
