"""An HTTP server on loopback that keeps what it was asked and answers as a test says."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer; a mapping or list as JSON."""

    value: Any = None
    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=dict)

    def as_bytes(self) -> bytes:
        """As it goes over the wire."""
        as_json = {} if isinstance(self.value, bytes) or self.value is None else {"Content-Type": "application/json"}
        content = self.value if isinstance(self.value, bytes) else b"" if self.value is None else _json(self.value)
        headers = {**as_json, "Content-Length": str(len(content)), **self.headers}
        lines = [f"HTTP/1.1 {self.status}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + content


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


class HttpPeer:
    """Answers each request with what `answer` gives; None keeps silent."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Reply | None] = lambda asked: Reply({"ok": True})

    @property
    def last(self) -> Asked:
        """The last request."""
        return self.asked[-1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, for as many requests as come."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8")
                first, *lines = head.strip().split("\r\n")
                method, target, _ = first.split(" ")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                content = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked.append(Asked(method, target, headers, content))
                if (reply := self.answer(self.asked[-1])) is None:
                    await reader.read()
                    return
                writer.write(reply.as_bytes())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
