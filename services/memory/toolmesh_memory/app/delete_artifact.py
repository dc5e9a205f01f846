"""Takes an artifact from a user; its content goes with the last owner."""

from toolmesh_memory.app.store_artifact import ArtifactParts
from toolmesh_memory.domain.artifact import is_artifact_id
from toolmesh_memory.domain.session import check_user


async def delete_artifact(parts: ArtifactParts, user: str, artifact: str) -> None:
    """Removes the user's artifact; where there is none of that id, all is well already."""
    owner = check_user(user)
    if not is_artifact_id(artifact):
        return
    async with parts.locks.of(artifact):
        # The row before the file: a crash between the two leaves a file nobody owns, which the next start removes.
        if await parts.index.remove(owner, artifact):
            await parts.files.remove(artifact)
