"""The bounds of one session, and of what comes back from it."""

from dataclasses import dataclass

ADDRESS_ROOM_MB = 512
"""Address space beyond the memory: libraries reserve more than they use."""


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What the programs of one session may take together, unless it says "each".

    Attributes:
        memory_mb: in use at a time; above it the session is ended. Files in /tmp take from disk_mb instead.
        disk_mb: of files, which lie in memory; also the largest file.
        processes: with threads.
        files: in /tmp, folders included.
        cpu_s: of each process in its life.
    """

    memory_mb: int = 1024
    disk_mb: int = 128
    processes: int = 32
    files: int = 10_000
    cpu_s: int = 600


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """What one answer may hold.

    Attributes:
        characters: of standard output, of standard error, of the value and of the traceback each.
        image_bytes: of one image.
        returned_bytes: of all images and files, before base64.
    """

    characters: int = 8000
    images: int = 4
    image_bytes: int = 500_000
    returned_bytes: int = 1_000_000
