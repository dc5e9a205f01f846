"""Reads what is known of artifacts, and their bytes."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from toolmesh_core.errors import NotFound
from toolmesh_core.paging import page_size_of
from toolmesh_memory.app.page_keys import page_key_of, page_token_of
from toolmesh_memory.app.ports import ArtifactFiles, ArtifactIndex
from toolmesh_memory.domain.artifact import Artifact
from toolmesh_memory.domain.session import check_user


@dataclass(frozen=True, slots=True)
class ArtifactPage:
    """Artifacts, newest first; an empty token on the last page."""

    artifacts: Sequence[Artifact]
    next_page_token: str


async def get_artifact(index: ArtifactIndex, user: str, artifact: str) -> Artifact:
    """The user's artifact; NotFound where there is none of that id, also where only another user has it."""
    found = await index.get(check_user(user), artifact)
    if found is None:
        raise NotFound(f"there is no artifact {artifact[:80]!r}; store it first, or list the artifacts there are")
    return found


async def read_artifact(
    index: ArtifactIndex, files: ArtifactFiles, user: str, artifact: str
) -> AsyncGenerator[bytes, None]:
    """The bytes of the user's artifact in pieces; NotFound as get_artifact."""
    found = await get_artifact(index, user, artifact)
    async with aclosing(files.read(found.id)) as pieces:
        async for piece in pieces:
            yield piece


async def list_artifacts(index: ArtifactIndex, user: str, page_size: int, page_token: str) -> ArtifactPage:
    """One page of the user's artifacts."""
    size = page_size_of(page_size)
    artifacts = await index.list(check_user(user), size + 1, page_key_of(page_token))
    page = artifacts[:size]
    more = len(artifacts) > size
    return ArtifactPage(page, page_token_of(page[-1].create_time, page[-1].id) if more else "")
