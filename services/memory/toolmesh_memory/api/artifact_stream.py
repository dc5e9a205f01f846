"""The parts of a CreateArtifact stream, in the order the contract asks for: one header, then chunks."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from toolmesh.memory.v1.memory_service_pb2 import CreateArtifactRequest
from toolmesh_core.call_context import user_of
from toolmesh_core.errors import InvalidInput, ToolMeshError
from toolmesh_memory.domain.artifact import PIECE_BYTES, ArtifactDescription

_LINGER_S = 5.0


@asynccontextmanager
async def refusing_after_the_last_chunk(
    requests: AsyncIterator[CreateArtifactRequest], max_bytes: int
) -> AsyncIterator[None]:
    """Tells a refusal only once the caller has sent what it had, within bounds.

    A gRPC client whose write meets a call that has ended reports "internal error" instead of the status it was sent.
    """
    try:
        yield
    except ToolMeshError:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                await _discard(requests, max_bytes)
        raise


async def _discard(requests: AsyncIterator[CreateArtifactRequest], max_bytes: int) -> None:
    size = 0
    async for request in requests:
        size += len(request.chunk)
        if size > max_bytes:
            return


async def read_header(requests: AsyncIterator[CreateArtifactRequest]) -> ArtifactDescription:
    """The first message's header; InvalidInput where there is none."""
    first = await anext(requests, None)
    if first is None or first.WhichOneof("part") != "header":
        raise InvalidInput("the first message of an artifact must carry its header", field="header")
    header = first.header
    return ArtifactDescription(user_of(header.user), header.media_type, header.file_name)


async def read_chunks(requests: AsyncIterator[CreateArtifactRequest]) -> AsyncGenerator[bytes, None]:
    """The bytes of the messages that follow; InvalidInput for anything but chunks within their size."""
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise InvalidInput("after the header, each message of an artifact must carry a chunk", field="chunk")
        if len(request.chunk) > PIECE_BYTES:
            raise InvalidInput(
                f"chunk has {len(request.chunk)} bytes; send pieces of at most {PIECE_BYTES}", field="chunk"
            )
        yield request.chunk
