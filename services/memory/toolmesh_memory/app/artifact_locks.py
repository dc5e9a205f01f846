"""Keeps storing and deleting of one content apart: a last owner's deletion must not take a new owner's file."""

import asyncio

_STRIPES = 64


class ArtifactLocks:
    """A fixed number of locks; an artifact always maps to the same one.

    They hold within one process, which is the only one that writes its artifact folder.
    """

    def __init__(self) -> None:
        self._locks = [asyncio.Lock() for _ in range(_STRIPES)]

    def of(self, artifact: str) -> asyncio.Lock:
        """The lock of an artifact's content."""
        return self._locks[int(artifact[-4:], 16) % _STRIPES]
