"""Storing, reading and deleting artifacts: by content, per user, and never half."""

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from toolmesh_core.errors import Internal, InvalidInput, NotFound, ResourceExhausted, Unavailable
from toolmesh_memory.adapters.artifact_folder import ArtifactFolder, open_artifact_folder
from toolmesh_memory.app.delete_artifact import delete_artifact
from toolmesh_memory.app.read_artifacts import get_artifact, list_artifacts, read_artifact
from toolmesh_memory.app.remove_unowned_artifacts import remove_unowned_artifacts
from toolmesh_memory.app.store_artifact import ArtifactParts, store_artifact
from toolmesh_memory.domain.artifact import Artifact, ArtifactDescription, artifact_id

Pieces = Callable[..., AsyncIterator[bytes]]


def of(user: str, name: str = "a.txt") -> ArtifactDescription:
    return ArtifactDescription(user, "text/plain", name)


async def store(parts: ArtifactParts, user: str, source: AsyncIterator[bytes], limit: int = 1000) -> Artifact:
    return await store_artifact(parts, of(user), source, limit)


async def content(parts: ArtifactParts, user: str, artifact: str) -> bytes:
    return b"".join([piece async for piece in read_artifact(parts.index, parts.files, user, artifact)])


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_content_comes_back_under_its_hash(parts: ArtifactParts, pieces: Pieces) -> None:
    stored = await store(parts, "ada", pieces(b"ab", b"c"))
    assert stored.id == "sha256-" + hashlib.sha256(b"abc").hexdigest()
    assert (stored.size_bytes, stored.media_type, stored.file_name) == (3, "text/plain", "a.txt")
    assert await content(parts, "ada", stored.id) == b"abc"


async def test_an_empty_content_is_an_artifact_too(parts: ArtifactParts, pieces: Pieces) -> None:
    stored = await store(parts, "ada", pieces())
    assert await content(parts, "ada", stored.id) == b""


async def test_the_same_content_of_two_users_is_one_file_and_two_rows(
    parts: ArtifactParts, pieces: Pieces, tmp_path: Path
) -> None:
    adas = await store(parts, "ada", pieces(b"abc"))
    bobs = await store(parts, "bob", pieces(b"abc"))
    assert adas.id == bobs.id
    assert len(files_in(tmp_path)) == 1
    assert len((await list_artifacts(parts.index, "bob", 0, "")).artifacts) == 1


async def test_knowing_an_id_gives_nothing_to_who_does_not_own_it(parts: ArtifactParts, pieces: Pieces) -> None:
    stored = await store(parts, "ada", pieces(b"abc"))
    for attempt in (get_artifact(parts.index, "bob", stored.id), content(parts, "bob", stored.id)):
        with pytest.raises(NotFound):
            await attempt
    await delete_artifact(parts, "bob", stored.id)
    assert await content(parts, "ada", stored.id) == b"abc"


async def test_the_file_goes_with_its_last_owner(parts: ArtifactParts, pieces: Pieces, tmp_path: Path) -> None:
    stored = await store(parts, "ada", pieces(b"abc"))
    await store(parts, "bob", pieces(b"abc"))
    await delete_artifact(parts, "ada", stored.id)
    assert await content(parts, "bob", stored.id) == b"abc"
    await delete_artifact(parts, "bob", stored.id)
    assert files_in(tmp_path) == []


async def test_deleting_what_is_not_an_id_touches_nothing(parts: ArtifactParts) -> None:
    await delete_artifact(parts, "ada", "../../etc/passwd")
    await delete_artifact(parts, "ada", artifact_id("0" * 64))


class HeldRemoval(ArtifactFolder):
    """A folder that stops just before it removes a file, until told to go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def remove(self, artifact: str) -> None:
        self.reached.set()
        await self.go_on.wait()
        await super().remove(artifact)


async def test_a_last_owners_deletion_never_takes_the_file_of_one_who_stores_it_meanwhile(
    parts: ArtifactParts, pieces: Pieces, tmp_path: Path
) -> None:
    held = HeldRemoval(tmp_path)
    parts = replace(parts, files=held)
    stored = await store(parts, "ada", pieces(b"abc"))
    deleting = asyncio.create_task(delete_artifact(parts, "ada", stored.id))
    await held.reached.wait()
    storing = asyncio.create_task(store(parts, "bob", pieces(b"abc")))
    # Without the lock, bob's would be done well within this.
    await asyncio.wait({storing}, timeout=0.1)
    held.go_on.set()
    await asyncio.gather(deleting, storing)
    assert await content(parts, "bob", stored.id) == b"abc"


async def test_an_artifact_over_the_limit_is_refused_and_leaves_no_file(
    parts: ArtifactParts, pieces: Pieces, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="over the limit of 5 bytes"):
        await store(parts, "ada", pieces(b"abc", b"def"), limit=5)
    assert files_in(tmp_path) == []


class FullDisk:
    """A file whose every write finds the disk full."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.name = file.name

    def write(self, piece: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        self._file.close()
        raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_full_disk_is_one_clear_line_and_leaves_no_file(
    parts: ArtifactParts, folder: ArtifactFolder, pieces: Pieces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_file = folder.new_file
    monkeypatch.setattr(folder, "new_file", lambda: FullDisk(new_file()))
    with pytest.raises(ResourceExhausted) as caught:
        await store(parts, "ada", pieces(b"abc"))
    assert caught.value.reason == "DISK_FULL"
    assert "free space there" in caught.value.message
    assert "\n" not in caught.value.message
    assert files_in(tmp_path) == []
    assert (await list_artifacts(parts.index, "ada", 0, "")).artifacts == []


async def test_a_caller_that_goes_away_leaves_no_file(parts: ArtifactParts, tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"abc"
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(store(parts, "ada", endless()))
    await begun.wait()
    assert len(files_in(tmp_path)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files_in(tmp_path) == []


async def test_a_changed_file_is_told_instead_of_passed_on_as_good(
    parts: ArtifactParts, folder: ArtifactFolder, pieces: Pieces
) -> None:
    stored = await store(parts, "ada", pieces(b"abc"))
    folder.path_of(stored.id).write_bytes(b"abX")
    with pytest.raises(Internal, match="has changed on disk"):
        await content(parts, "ada", stored.id)
    await store(parts, "ada", pieces(b"abc"))
    assert await content(parts, "ada", stored.id) == b"abc"


async def test_a_missing_file_is_told_with_the_remedy(
    parts: ArtifactParts, folder: ArtifactFolder, pieces: Pieces
) -> None:
    stored = await store(parts, "ada", pieces(b"abc"))
    folder.path_of(stored.id).unlink()
    with pytest.raises(Internal, match=r"is missing from .* store it again"):
        await content(parts, "ada", stored.id)


async def test_a_start_removes_what_a_crash_left_and_keeps_what_is_owned(
    parts: ArtifactParts, folder: ArtifactFolder, pieces: Pieces, tmp_path: Path
) -> None:
    kept = await store(parts, "ada", pieces(b"abc"))
    async with folder.upload() as upload:
        await upload.write(b"published, but the row was never written")
        await upload.digest()
        await upload.publish()
    folder.new_file().close()
    assert len(files_in(tmp_path)) == 3
    assert await remove_unowned_artifacts(parts.index, folder) == 1
    assert files_in(tmp_path) == [folder.path_of(kept.id)]


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="check the folder and its rights"):
        open_artifact_folder(tmp_path / "file" / "artifacts")
