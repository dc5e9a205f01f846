"""Reads a body up to a limit, and unpacks it no further than that."""

import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from toolmesh_core.errors import ToolError

_PLAIN = ("", "identity")
_PACKED = ("gzip", "x-gzip", "deflate")
_GZIP_OR_ZLIB = 47


@dataclass(slots=True)
class Unpacker:
    """gzip, of several members if need be, or zlib."""

    claimed: str
    _current: "zlib._Decompress" = field(default_factory=lambda: zlib.decompressobj(_GZIP_OR_ZLIB))
    _begun: bool = False

    def unpack(self, packed: bytes, limit: int) -> bytes:
        """At most `limit` bytes more.

        Raises:
            ToolError: NOT_TEXT, it is not packed so.
        """
        unpacked = bytearray()
        rest = packed
        while rest and len(unpacked) < limit:
            self._begun = True
            try:
                unpacked += self._current.decompress(rest, limit - len(unpacked))
            except zlib.error as error:
                raise ToolError(
                    f"the answer is not packed as {self.claimed!r}, as it claims", reason="NOT_TEXT"
                ) from error
            rest = self._current.unused_data
            if self._current.eof and rest:
                self._current = zlib.decompressobj(_GZIP_OR_ZLIB)
        return bytes(unpacked)

    @property
    def complete(self) -> bool:
        """The stream ended as it should."""
        return self._current.eof or not self._begun


async def read_body(chunks: AsyncIterator[bytes], encoding: str, max_bytes: int) -> tuple[bytes, bool]:
    """The body, and whether there was more: of either the bytes sent or those unpacked, at most max_bytes are read.

    Raises:
        ToolError: NOT_TEXT, it is packed in a way that cannot be read.
    """
    packing = encoding.strip().lower()
    if packing not in (*_PLAIN, *_PACKED):
        raise ToolError(f"the answer is packed as {encoding!r}, which cannot be read", reason="NOT_TEXT")
    unpacker = Unpacker(encoding) if packing in _PACKED else None
    body, sent = bytearray(), 0
    async for chunk in chunks:
        sent += len(chunk)
        body += unpacker.unpack(chunk, max_bytes + 1 - len(body)) if unpacker else chunk
        if len(body) > max_bytes or sent > max_bytes:
            return bytes(body[:max_bytes]), True
    return bytes(body), unpacker is not None and not unpacker.complete
