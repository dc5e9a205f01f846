"""Takes in an artifact piece by piece and makes it the user's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from toolmesh_core.clock import Clock
from toolmesh_memory.app.artifact_locks import ArtifactLocks
from toolmesh_memory.app.ports import ArtifactFiles, ArtifactIndex, Upload
from toolmesh_memory.domain.artifact import (
    Artifact,
    ArtifactDescription,
    artifact_id,
    check_file_name,
    check_media_type,
    check_size,
)
from toolmesh_memory.domain.session import check_user


@dataclass(frozen=True, slots=True)
class ArtifactParts:
    """What keeping artifacts needs."""

    index: ArtifactIndex
    files: ArtifactFiles
    locks: ArtifactLocks
    clock: Clock


async def store_artifact(
    parts: ArtifactParts, described: ArtifactDescription, pieces: AsyncIterator[bytes], max_bytes: int
) -> Artifact:
    """Stores the content and returns it as the user's; what the user already has stays as it was described first.

    Raises InvalidInput over `max_bytes`, ResourceExhausted on a full disk; either leaves nothing behind.
    """
    user = check_user(described.user)
    media_type = check_media_type(described.media_type)
    file_name = check_file_name(described.file_name)
    async with parts.files.upload() as upload:
        size = await _take_in(upload, pieces, max_bytes)
        identity = artifact_id(await upload.digest())
        async with parts.locks.of(identity):
            # The file before the row: a crash between the two leaves a file nobody owns, which the next start removes.
            await upload.publish()
            artifact = Artifact(identity, user, media_type, file_name, size, parts.clock.now())
            return await parts.index.add(artifact)


async def _take_in(upload: Upload, pieces: AsyncIterator[bytes], max_bytes: int) -> int:
    size = 0
    async for piece in pieces:
        size += len(piece)
        check_size(size, max_bytes)
        await upload.write(piece)
    return size
