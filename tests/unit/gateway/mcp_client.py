"""Speaks MCP to the application, message by message, as clients good and bad do."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson

STATELESS, LATEST_HANDSHAKE = "2026-07-28", "2025-11-25"
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
ENVELOPE: dict[str, Any] = {VERSION_KEY: STATELESS, "io.modelcontextprotocol/clientCapabilities": {}}


def request(method: str, params: dict[str, Any] | None = None, request_id: Any = 1) -> dict[str, Any]:
    """A JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or {}}


def enveloped(method: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A request that says all about itself."""
    params = params or {}
    return request(method, params | {"_meta": ENVELOPE | params.get("_meta", {})}, **more)


@dataclass
class McpClient:
    """Asks at /mcp; `session` is empty until `begin`."""

    ask: Any
    session: str = ""

    async def begin(self, version: str = LATEST_HANDSHAKE, **headers: str) -> Any:
        """The handshake."""
        reply = await self.ask("POST", "/mcp", request("initialize", {"protocolVersion": version}), **headers)
        self.session = reply.headers["mcp-session-id"]
        return reply.json["result"]

    async def post(self, message: Any, **headers: str) -> Any:
        """Sends a message within the session."""
        body = message if isinstance(message, bytes) else orjson.dumps(message)
        return await self.ask("POST", "/mcp", body, **({"mcp-session-id": self.session} | headers))

    async def call(self, method: str, params: dict[str, Any] | None = None, request_id: Any = 1, **headers: str) -> Any:
        """Sends a request within the session."""
        return await self.post(request(method, params, request_id), **headers)

    async def call_stateless(self, method: str, params: dict[str, Any] | None = None, **headers: str) -> Any:
        """Sends a request of the version without sessions, with the headers that it needs."""
        usual = {"mcp-protocol-version": STATELESS, "mcp-method": method}
        if "name" in (params or {}):
            usual["mcp-name"] = (params or {})["name"]
        return await self.ask("POST", "/mcp", enveloped(method, params), **(usual | headers))


def messages_of(body: bytes) -> list[Any]:
    """The JSON-RPC messages of a stream."""
    lines = [line for line in body.decode().splitlines() if line.startswith("data: ")]
    return [orjson.loads(line.removeprefix("data: ")) for line in lines]


@dataclass
class OpenStream:
    """A request whose answer is read while it goes on."""

    application: Any
    verb: str
    headers: dict[str, str]
    body: bytes = b""
    sent: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0

    async def __aenter__(self) -> "OpenStream":
        headers = {"authorization": "Bearer key-of-the-tests", "content-type": "application/json"} | self.headers
        scope = {
            "type": "http",
            "method": self.verb,
            "path": "/mcp",
            "query_string": b"",
            "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
        }
        self.task = asyncio.create_task(self.application(scope, self._receive, self.sent.put))
        self._body_is_taken = False
        self.status = (await asyncio.wait_for(self.sent.get(), 5))["status"]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.left.set()
        self.task.cancel()
        await asyncio.wait((self.task,))

    async def _receive(self) -> dict[str, Any]:
        if not self._body_is_taken:
            self._body_is_taken = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> Any:
        """The next message; None at the end."""
        while True:
            piece = await asyncio.wait_for(self.sent.get(), 5)
            if not piece.get("more_body"):
                return None
            for message in messages_of(piece["body"]):
                return message
