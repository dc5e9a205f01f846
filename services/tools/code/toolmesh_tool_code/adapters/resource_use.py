"""What the processes of a sandbox take, seen from outside."""

import os
from contextlib import suppress
from dataclasses import dataclass

import psutil

from toolmesh_tool_code.domain.limits import SandboxLimits

_FILES = "tmp"


@dataclass(frozen=True, slots=True)
class Use:
    """What all processes in a sandbox take together.

    Attributes:
        memory_bytes: resident; what processes share counts for each, so it is never too little.
        files: in /tmp.
    """

    memory_bytes: int
    files: int

    def excess(self, limits: SandboxLimits) -> str:
        """What is over its bound, in words; empty where nothing is."""
        if self.memory_bytes > limits.memory_mb * 2**20:
            return f"it used over {limits.memory_mb} MB of memory"
        if self.files > limits.files:
            return f"it made over {limits.files} files"
        return ""


def processes_of(pid: int) -> list[psutil.Process]:
    """The processes in the sandbox of this bubblewrap: its first one, the interpreter, and what programs started."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def use_of(pid: int) -> Use:
    """What they take now. Reads /proc for some milliseconds."""
    memory = 0
    found = processes_of(pid)
    for process in found:
        with suppress(psutil.Error):
            memory += process.memory_info().rss
    return Use(memory, _count_files(found))


def _count_files(found: list[psutil.Process]) -> int:
    """By the file system itself, which costs nothing. Zero where the system does not let us look."""
    with suppress(OSError, IndexError):
        facts = os.statvfs(f"/proc/{found[0].pid}/root/{_FILES}")
        return facts.f_files - facts.f_ffree
    return 0
