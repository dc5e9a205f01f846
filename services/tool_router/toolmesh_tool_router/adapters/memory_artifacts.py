"""Whole outputs as artifacts in the memory service."""

from collections.abc import AsyncIterator

from toolmesh.memory.v1 import memory_service_pb2, memory_service_pb2_grpc
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_tool_router.domain.call_events import ArtifactRef

_CHUNK_BYTES = 2**20


class MemoryArtifacts:
    """An ArtifactStore over MemoryService.

    Args:
        timeout_s: for one artifact; a memory service that hangs must not hold up a result.
    """

    def __init__(self, address: str, timeout_s: float, tls: TlsFiles | None = None) -> None:
        self._channel = connect(address, tls=tls)
        self._memory = memory_service_pb2_grpc.MemoryServiceStub(self._channel)
        self._timeout_s = timeout_s

    async def store(self, user: str, content: bytes, media_type: str, file_name: str) -> ArtifactRef:
        """Keeps an output for a user."""
        response = await self._memory.CreateArtifact(
            _parts(user, content, media_type, file_name), timeout=self._timeout_s
        )
        artifact = response.artifact
        return ArtifactRef(artifact.id, artifact.media_type, artifact.size_bytes)

    async def close(self) -> None:
        """Closes the channel."""
        await self._channel.close(None)


async def _parts(
    user: str, content: bytes, media_type: str, file_name: str
) -> AsyncIterator[memory_service_pb2.CreateArtifactRequest]:
    header = memory_service_pb2.ArtifactHeader(user=user, media_type=media_type, file_name=file_name)
    yield memory_service_pb2.CreateArtifactRequest(header=header)
    for start in range(0, len(content), _CHUNK_BYTES):
        yield memory_service_pb2.CreateArtifactRequest(chunk=content[start : start + _CHUNK_BYTES])
