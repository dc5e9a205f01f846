"""Files that come with a program and go back with its answer, in the folder that it works in."""

import base64
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

FOLDER = Path("/tmp/work")  # noqa: S108 - the sandbox's own /tmp
MOST_LOOKED_AT = 2000


def put_files(files: list[dict[str, Any]]) -> None:
    """Writes what came with the question; a file that is there is replaced."""
    for file in files:
        path = FOLDER / file["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(file["base64"]))


def look() -> dict[str, tuple[int, int]]:
    """Each file's size in bytes and time of change; links are not followed."""
    seen: dict[str, tuple[int, int]] = {}
    for folder, _, names in os.walk(FOLDER):
        for name in names:
            path = Path(folder, name)
            # A thread of the program's may have removed it meanwhile.
            with suppress(OSError):
                facts = path.lstat()
                if stat.S_ISREG(facts.st_mode):
                    seen[str(path.relative_to(FOLDER))] = (facts.st_size, facts.st_mtime_ns)
            if len(seen) >= MOST_LOOKED_AT:
                return seen
    return seen


def read_file(name: str, most_bytes: int) -> bytes:
    """A file to send back.

    Raises:
        ValueError: it is none, or too large; the message says so.
    """
    try:
        # Without O_NONBLOCK a named pipe would hold us up.
        fd = os.open(FOLDER / name, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ValueError(f"file {name!r} cannot be read: {error.strerror}") from error
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError(f"{name!r} is not a file")
        if facts.st_size > most_bytes:
            raise ValueError(f"file {name!r} has {facts.st_size} bytes, over the {most_bytes} that are left")
        return os.read(fd, most_bytes)
    finally:
        os.close(fd)
