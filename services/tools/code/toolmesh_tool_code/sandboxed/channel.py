"""Messages between the service and the interpreter: four bytes of length, then one JSON object."""

import json
import socket
from typing import Any


class Channel:
    """The interpreter's end of the socket. The service trusts nothing that comes from here."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        # A process that the program starts has no business with it.
        self._socket.set_inheritable(False)

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the service is gone."""
        head = self._read(4)
        body = self._read(int.from_bytes(head, "big")) if head else b""
        if not body:
            return None
        message: dict[str, Any] = json.loads(body)
        return message

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message; lone surrogates, which UTF-8 lacks, become question marks."""
        body = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
        self._socket.sendall(len(body).to_bytes(4, "big") + body)

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            part = self._socket.recv(min(count, 65536))
            if not part:
                return b""
            parts.append(part)
            count -= len(part)
        return b"".join(parts)
