"""Parts of the memory service without a database: dictionaries for rows, a temporary folder for contents."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from toolmesh_memory.adapters.artifact_folder import ArtifactFolder
from toolmesh_memory.adapters.in_memory_store import InMemoryArtifactIndex
from toolmesh_memory.app.artifact_locks import ArtifactLocks
from toolmesh_memory.app.store_artifact import ArtifactParts
from toolmesh_testing import FakeClock


@pytest.fixture
def folder(tmp_path: Path) -> ArtifactFolder:
    return ArtifactFolder(tmp_path)


@pytest.fixture
def parts(folder: ArtifactFolder) -> ArtifactParts:
    return ArtifactParts(InMemoryArtifactIndex(), folder, ArtifactLocks(), FakeClock())


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.fixture
def pieces() -> object:
    return stream
