"""Reads artifacts of the caller from memory, to put them into a program's folder."""

import re

from toolmesh.memory.v1 import memory_service_pb2, memory_service_pb2_grpc
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.errors import NotFound, ToolError

_ID = re.compile(r"sha256-[0-9a-f]{64}")


class ArtifactReader:
    """Memory's artifacts, or the refusal where no memory service is set."""

    def __init__(self, address: str, tls: TlsFiles | None = None) -> None:
        self._channel = connect(address, tls=tls) if address else None

    async def read(self, user: str, artifact: str, most_bytes: int) -> bytes:
        """The bytes; memory gives nobody what belongs to another.

        Raises:
            ToolError: NOT_CONFIGURED, UNKNOWN_ARTIFACT, FILES_TOO_LARGE.
            ToolMeshError: memory's own.
        """
        if self._channel is None:
            raise ToolError("no artifacts can be read here: MEMORY_ADDRESS is empty", reason="NOT_CONFIGURED")
        if not _ID.fullmatch(artifact) or not user:
            raise _unknown(artifact)
        request = memory_service_pb2.ReadArtifactRequest(user=user, artifact=artifact)
        stream = memory_service_pb2_grpc.MemoryServiceStub(self._channel).ReadArtifact(request)
        content = bytearray()
        try:
            async for part in stream:
                content += part.chunk
                if len(content) > most_bytes:
                    raise ToolError(
                        f"artifact {artifact} has over {most_bytes} bytes, which is all that may be sent",
                        reason="FILES_TOO_LARGE",
                    )
        except NotFound as error:
            raise _unknown(artifact) from error
        finally:
            stream.cancel()
        return bytes(content)

    async def close(self) -> None:
        """Closes the channel."""
        if self._channel is not None:
            await self._channel.close(None)


def _unknown(artifact: str) -> ToolError:
    return ToolError(
        f"you have no artifact {artifact[:80]!r}: give the id that a result names, such as sha256-...",
        reason="UNKNOWN_ARTIFACT",
    )
