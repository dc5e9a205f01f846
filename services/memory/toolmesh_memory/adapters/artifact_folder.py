"""Contents as files of one folder, named by their hash; each is complete and on disk before it has its name."""

import asyncio
import errno
import hashlib
import os
import threading
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO

from toolmesh_core.errors import Cancelled, Internal, ResourceExhausted, Unavailable
from toolmesh_memory.domain.artifact import PIECE_BYTES, artifact_id, is_artifact_id

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FileUpload:
    """One content on its way into the folder; its file is made by the first write."""

    def __init__(self, folder: "ArtifactFolder") -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._ended = False
        # A cancelled call leaves its last step running in a thread; discarding must wait for it.
        self._busy = threading.Lock()

    async def write(self, piece: bytes) -> None:
        """Adds a piece. ResourceExhausted: the disk is full."""
        await asyncio.to_thread(self._write, piece)

    async def digest(self) -> str:
        """The SHA-256 in hex, once all bytes are on the disk."""
        await asyncio.to_thread(self._flush)
        return self._hash.hexdigest()

    async def publish(self) -> None:
        """Gives the file its name; what has that name already has the same content."""
        await asyncio.to_thread(self._rename)

    def _write(self, piece: bytes) -> None:
        with self._busy, self._folder.disk_errors():
            self._opened().write(piece)
            self._hash.update(piece)

    def _flush(self) -> None:
        with self._busy, self._folder.disk_errors():
            file = self._opened()
            file.flush()
            os.fsync(file.fileno())

    def _rename(self) -> None:
        with self._busy, self._folder.disk_errors():
            target = self._folder.path_of(artifact_id(self._hash.hexdigest()))
            target.parent.mkdir(exist_ok=True)
            Path(self._opened().name).replace(target)
            _sync_folder(target.parent)
            _sync_folder(target.parent.parent)

    def _opened(self) -> BinaryIO:
        if self._ended:
            raise Cancelled("the upload was given up")
        if self._file is None:
            self._file = self._folder.new_file()
        return self._file

    def discard(self) -> None:
        """Ends the upload and removes its file where it was not published."""
        with self._busy:
            self._ended = True
            if self._file is None:
                return
            try:
                self._file.close()
            except OSError as error:
                # On a full disk, closing fails once more with what the write already told.
                if error.errno not in _FULL:
                    raise
            finally:
                Path(self._file.name).unlink(missing_ok=True)


class ArtifactFolder:
    """The ArtifactFiles of one folder; only one process may write to it."""

    def __init__(self, folder: Path) -> None:
        self._contents = folder / "contents"
        self._uploads = folder / "uploads"
        self._contents.mkdir(parents=True, exist_ok=True)
        self._uploads.mkdir(exist_ok=True)

    def path_of(self, artifact: str) -> Path:
        """Where a content lies; 256 folders keep each of them short."""
        return self._contents / artifact.removeprefix("sha256-")[:2] / artifact

    @asynccontextmanager
    async def upload(self) -> AsyncIterator[FileUpload]:
        """Takes in one content; leaving without `publish` leaves nothing behind."""
        upload = FileUpload(self)
        try:
            yield upload
        finally:
            await asyncio.to_thread(upload.discard)

    async def read(self, artifact: str) -> AsyncGenerator[bytes, None]:
        """The content in pieces; Internal where it is missing or no longer has its hash."""
        file = await asyncio.to_thread(self._open, artifact)
        try:
            digest = hashlib.sha256()
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                await asyncio.to_thread(digest.update, piece)
                yield piece
        finally:
            await asyncio.to_thread(file.close)
        if artifact_id(digest.hexdigest()) != artifact:
            raise Internal(
                f"the content of artifact {artifact} has changed on disk; store it again",
                reason="ARTIFACT_DAMAGED",
            )

    async def remove(self, artifact: str) -> None:
        """Removes the content, if there is any."""
        await asyncio.to_thread(self.path_of(artifact).unlink, missing_ok=True)

    async def ids(self) -> Sequence[str]:
        """The ids of all contents; half-done uploads of an earlier process are removed on the way."""
        return await asyncio.to_thread(self._tidy_and_list)

    def new_file(self) -> BinaryIO:
        """An empty file beside the contents, on the same disk, with a name that no content has."""
        return (self._uploads / uuid.uuid4().hex).open("xb")

    @contextmanager
    def disk_errors(self) -> Iterator[None]:
        """Tells a full disk in one clear line; other failures stay what they are."""
        try:
            yield
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise ResourceExhausted(
                f"no room for the artifact in {self._contents} ({error.strerror}): free space there, "
                "or set TOOLMESH_MEMORY_DATA_DIR to a larger disk",
                reason="DISK_FULL",
            ) from error

    def _open(self, artifact: str) -> BinaryIO:
        try:
            return self.path_of(artifact).open("rb")
        except FileNotFoundError as error:
            raise Internal(
                f"the content of artifact {artifact} is missing from {self._contents}; store it again",
                reason="ARTIFACT_MISSING",
            ) from error

    def _tidy_and_list(self) -> list[str]:
        for leftover in self._uploads.iterdir():
            leftover.unlink()
        return [path.name for path in self._contents.glob("*/*") if is_artifact_id(path.name)]


def open_artifact_folder(folder: Path) -> ArtifactFolder:
    """The folder, made where missing. Unavailable where it cannot be."""
    try:
        return ArtifactFolder(folder)
    except OSError as error:
        raise Unavailable(f"cannot use {folder}: {error.strerror}; check the folder and its rights") from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
