"""Tidies up once at the start: contents that a crash left without an owner."""

from toolmesh_memory.app.ports import ArtifactFiles, ArtifactIndex

_BATCH = 500


async def remove_unowned_artifacts(index: ArtifactIndex, files: ArtifactFiles) -> int:
    """Removes contents nobody has and returns how many. Only before the service takes calls."""
    ids = await files.ids()
    removed = 0
    for start in range(0, len(ids), _BATCH):
        for artifact in await index.unowned(ids[start : start + _BATCH]):
            await files.remove(artifact)
            removed += 1
    return removed
