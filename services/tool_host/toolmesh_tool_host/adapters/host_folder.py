"""The data folder of one host at a time, and the short folder of its sockets."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolmesh_core.errors import Unavailable
from toolmesh_tool_host.adapters.process_launcher import MARKER
from toolmesh_tool_host.adapters.process_table import kill_marked

_PREFIX = "toolmesh-tools-"


@contextmanager
def host_folder(data: Path) -> Iterator[Path]:
    """Holds the data folder for the block; gives a folder for sockets, of which nothing is left afterwards.

    What a host left that was killed, its sockets' folder and processes, is cleared away first.

    Raises:
        Unavailable: another host has the folder, or it cannot be made.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (data / "lock").open("w")
    except OSError as error:
        raise Unavailable(
            f"cannot use the data folder {data}: {error.strerror}; set TOOLMESH_TOOL_HOST_DATA_DIR"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(f"another tool host uses {data}; stop it, or set TOOLMESH_TOOL_HOST_DATA_DIR") from error
        kill_marked(f"{MARKER}={marker_of(data)}")
        with _sockets(data / "sockets") as sockets:
            yield sockets


def marker_of(data: Path) -> str:
    """What tells the processes of the host of this folder."""
    return str(data.resolve())


@contextmanager
def _sockets(link: Path) -> Iterator[Path]:
    """A new folder; the link remembers it for the next start."""
    if link.is_symlink():
        old = link.readlink()
        if old.name.startswith(_PREFIX):
            shutil.rmtree(old, ignore_errors=True)
        link.unlink()
    # A socket's path may hold 107 bytes only, which a data folder's may not leave room for.
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    link.symlink_to(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        link.unlink(missing_ok=True)
