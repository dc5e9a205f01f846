"""Collects a body up to a limit that holds before and after decompression."""

import zlib

from toolmesh_core.errors import ToolError

ACCEPT_ENCODING = "gzip"
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class BoundedBody:
    """A body that grows to a limit and no further.

    Args:
        encoding: of the Content-Encoding header.
        max_bytes: of what arrives, and of what it unpacks to.

    Raises:
        ToolError: UNSUPPORTED_ENCODING.
    """

    def __init__(self, encoding: str, max_bytes: int) -> None:
        coding = encoding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise ToolError(
                f"the page came in the encoding {coding[:40]!r}, which was not asked for: use another page",
                reason="UNSUPPORTED_ENCODING",
            )
        self._packed = coding not in ("", "identity")
        self._unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._max_bytes = max_bytes
        self._arrived = 0
        self._content = bytearray()
        self.cut = False

    def add(self, data: bytes) -> None:
        """Takes the next bytes; `cut` says that the limit is reached and no more is taken.

        Raises:
            ToolError: BAD_RESPONSE, the compressed bytes are broken.
        """
        self._arrived += len(data)
        try:
            self._content += self._unpacked(data) if self._packed else data
        except zlib.error as error:
            raise ToolError(f"the page's compression is broken ({error})", reason="BAD_RESPONSE") from error
        if max(len(self._content), self._arrived) > self._max_bytes:
            self.cut = True
            del self._content[self._max_bytes :]

    def finish(self) -> bytes:
        """What was collected.

        Raises:
            ToolError: BAD_RESPONSE, the compressed bytes end too early.
        """
        if self._packed and self._arrived and not self.cut and not self._unpacker.eof:
            raise ToolError("the page's compression ends too early", reason="BAD_RESPONSE", retryable=True)
        return bytes(self._content)

    def _unpacked(self, data: bytes) -> bytes:
        """One byte over the limit at most, which is enough to know that there is more."""
        room = self._max_bytes - len(self._content) + 1
        content = b""
        while data and len(content) < room:
            if self._unpacker.eof:
                self._unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
            content += self._unpacker.decompress(data, room - len(content))
            data = self._unpacker.unused_data
        return content
