"""A load generator for HTTP/1.1 that costs little: raw sockets, one request at a time on each of n kept connections."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Load:
    """What a load gave: seconds by request, and the wall time of all."""

    latencies_s: list[float] = field(default_factory=list)
    wall_s: float = 0.0

    @property
    def p50_ms(self) -> float:
        """The median, in milliseconds."""
        return sorted(self.latencies_s)[len(self.latencies_s) // 2] * 1000

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return len(self.latencies_s) / self.wall_s


class _Client(asyncio.Protocol):
    """One connection: sends the request again as soon as its answer is there."""

    def __init__(self, request: Callable[[int], bytes], count: int, load: Load, done: "asyncio.Future[None]") -> None:
        self._request = request
        self._left = count
        self._load = load
        self._done = done
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def data_received(self, data: bytes) -> None:
        """Waits for the whole answer."""
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(body) < size:
            return
        self._load.latencies_s.append(time.perf_counter() - self._started)
        if b" 200 " not in head[:16]:
            self._fail(RuntimeError(f"the answer was not 200: {self._buffer.decode()}"))
            return
        self._buffer = b""
        self._left -= 1
        if self._left:
            self._send()
        else:
            self._transport.close()
            self._done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Ends, well or not."""
        if not self._done.done():
            self._fail(error or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        self._started = time.perf_counter()
        self._transport.write(self._request(self._left))

    def _fail(self, error: Exception) -> None:
        if not self._done.done():
            self._done.set_exception(error)
        self._transport.close()


def get_request(path: str, key: str) -> bytes:
    """The bytes of a GET with an API key."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


def post_request(path: str, body: bytes, key: str, more: str = "") -> bytes:
    """The bytes of a POST with a JSON body and an API key; `more` are further lines of its head, each with its end."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    )
    return f"{head}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def put_load(
    host: str, port: int, request: bytes | Callable[[int], bytes], *, clients: int, requests: int
) -> Load:
    """Sends `requests` requests in all over `clients` connections; one that is made anew is told how many are left."""
    make = request if callable(request) else lambda _: request
    loop = asyncio.get_running_loop()
    load = Load()
    each = requests // clients
    ends = [loop.create_future() for _ in range(clients)]
    started = time.perf_counter()
    await asyncio.gather(
        *(
            loop.create_connection(lambda end=end: _Client(make, each, load, end), host, port)  # type: ignore[misc]
            for end in ends
        )
    )
    await asyncio.gather(*ends)
    load.wall_s = time.perf_counter() - started
    return load
