"""A tool call over MCP beside the same call over REST: one client, the same gateway, router and tool, taking turns.

    python tests/benchmarks/mcp_call.py [--rounds 5] [--requests 1000] [--json]

MCP as bytes on a kept connection, as REST is asked, with a session and without; and the official client on top, whose
own work is most of what it takes.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import uvloop
from http_load import Load, post_request, put_load
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tool_call import BODY, platform_port
from trivial_tools import API_KEY

STATELESS, HANDSHAKE = "2026-07-28", "2025-11-25"
KEY = {"Authorization": f"Bearer {API_KEY}"}
Loader = Callable[[int], Awaitable[Load]]


def message(method: str, params: dict[str, object], request_id: int = 1) -> bytes:
    """A JSON-RPC request."""
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}).encode()


def call_params() -> dict[str, object]:
    """What is called."""
    return {"name": "add", "arguments": {"a": 2, "b": 3}}


def rest(port: int) -> Loader:
    """POST /v1/tools/add:invoke."""
    request = post_request("/v1/tools/add:invoke", BODY, API_KEY)
    return lambda requests: put_load("127.0.0.1", port, request, clients=1, requests=requests)


def stateless(port: int) -> Loader:
    """tools/call of the version without sessions."""
    prefix = "io.modelcontextprotocol/"
    meta = {f"{prefix}protocolVersion": STATELESS, f"{prefix}clientCapabilities": {}}
    head = f"MCP-Protocol-Version: {STATELESS}\r\nMcp-Method: tools/call\r\nMcp-Name: add\r\n"
    request = post_request("/mcp", message("tools/call", call_params() | {"_meta": meta}), API_KEY, head)
    return lambda requests: put_load("127.0.0.1", port, request, clients=1, requests=requests)


async def in_session(port: int) -> Loader:
    """tools/call within a session; each with an id of its own, since a second one would be the same call."""
    async with httpx2.AsyncClient(headers=KEY, trust_env=False) as http:
        begin = message("initialize", {"protocolVersion": HANDSHAKE})
        headers = {"Content-Type": "application/json"}
        reply = await http.post(f"http://127.0.0.1:{port}/mcp", content=begin, headers=headers)
    head = f"Mcp-Session-Id: {reply.headers['mcp-session-id']}\r\nMCP-Protocol-Version: {HANDSHAKE}\r\n"
    used = 1

    def request(_left: int) -> bytes:
        nonlocal used
        used += 1
        return post_request("/mcp", message("tools/call", call_params(), used), API_KEY, head)

    return lambda requests: put_load("127.0.0.1", port, request, clients=1, requests=requests)


@asynccontextmanager
async def official(port: int, mode: str) -> AsyncIterator[Loader]:
    """The official client."""

    async def put(requests: int) -> Load:
        load = Load()
        for _ in range(requests):
            begun = time.perf_counter()
            result = await client.call_tool("add", {"a": 2, "b": 3})
            load.latencies_s.append(time.perf_counter() - begun)
            if result.is_error:
                raise RuntimeError(f"the call failed: {result.content}")
        return load

    async with (
        httpx2.AsyncClient(headers=KEY, trust_env=False, timeout=20) as http,
        Client(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http), mode=mode) as client,
    ):
        yield put


async def measure(rounds: int, requests: int) -> dict[str, float]:
    """The median over the rounds of each way's p50, in ms; the ways take turns within each round."""
    found: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        port = await stack.enter_async_context(platform_port(Path(folder)))
        ways = {
            "REST": rest(port),
            f"MCP {STATELESS}": stateless(port),
            f"MCP {HANDSHAKE}": await in_session(port),
            f"official client, {STATELESS}": await stack.enter_async_context(official(port, STATELESS)),
            f"official client, {HANDSHAKE}": await stack.enter_async_context(official(port, "legacy")),
        }
        for load in ways.values():
            await load(100)
        for _ in range(rounds):
            for name, load in ways.items():
                result = await load(requests if "official" not in name else requests // 4)
                found.setdefault(name, []).append(result.p50_ms)
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1000, help="a round; a quarter by the official client")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = uvloop.run(measure(options.rounds, options.requests))
    if options.json:
        print(json.dumps(rows))
        return
    for name, p50_ms in rows.items():
        print(f"{name:32}p50 {p50_ms:6.2f} ms, {p50_ms / rows['REST']:5.2f} of REST")


if __name__ == "__main__":
    main()
