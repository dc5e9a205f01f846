"""A tool call through the gateway and the router, beside what it cannot beat and what one would write by hand.

    python tests/benchmarks/tool_call.py [--rounds 5] [--requests 2000] [--json]

REST with key, limits and tracing -> gateway -> router -> tool service, each a process of its own, with 1 and with 16
clients. In the same run: bare grpc.aio straight to the tool, and FastAPI with httpx as a proxy where it is installed.
"""

import argparse
import asyncio
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

# Starting processes beside an open channel is meant; gRPC would remark on it.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import grpc
import uvloop
from http_load import Load, post_request, put_load
from trivial_tools import API_KEY

from toolmesh.tool.v1 import tool_service_pb2

TOOLS = Path(__file__).with_name("trivial_tools.py")
BODY = b'{"arguments":{"a":2,"b":3}}'
CLIENTS = (1, 16)
Loader = Callable[[int, int], Awaitable[Load]]


@asynccontextmanager
async def started(*command: str, env: dict[str, str] | None = None) -> AsyncIterator[dict[str, str]]:
    """Runs a process until the end of the block; gives the facts of its first line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env={**os.environ, **(env or {})}, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(command)} ended with {await process.wait()} before it was ready")
        yield json.loads(line)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def platform_port(folder: Path) -> AsyncIterator[int]:
    """Tool, router and gateway, joined by unix sockets as `toolmesh up` joins them; gives the gateway's port."""
    tool, router = f"unix:{folder}/tool.sock", f"unix:{folder}/router.sock"
    quiet = {"TOOLMESH_{}_LOG_LEVEL": "WARNING", "TOOLMESH_{}_METRICS_LISTEN": "127.0.0.1:0"}

    def env(name: str, **values: str) -> dict[str, str]:
        own = {f"TOOLMESH_{name}_{key}": value for key, value in values.items()}
        return {key.format(name): value for key, value in quiet.items()} | own | {"TOOLMESH_API_KEY": API_KEY}

    async with AsyncExitStack() as stack:
        tool_env = env("TOOL_BENCHMARK", LISTEN=tool, DATA_DIR=str(folder / "tool"))
        await stack.enter_async_context(started(str(TOOLS), "toolmesh", env=tool_env))
        router_env = env(
            "TOOL_ROUTER", LISTEN=router, DATA_DIR=str(folder / "router"), TOOL_SERVICES=f"benchmark={tool}"
        )
        await stack.enter_async_context(started("-m", "toolmesh_tool_router", env=router_env))
        port = free_port()
        gateway_env = env(
            "GATEWAY",
            LISTEN="127.0.0.1:0",
            HTTP_PORT=str(port),
            DATA_DIR=str(folder / "gateway"),
            TOOL_ROUTER_ADDRESS=router,
        )
        await stack.enter_async_context(started("-m", "toolmesh_gateway", env=gateway_env))
        yield port


@asynccontextmanager
async def platform(folder: Path) -> AsyncIterator[Loader]:
    """The platform, asked over REST."""
    async with platform_port(folder) as port:
        request = post_request("/v1/tools/add:invoke", BODY, API_KEY)
        yield lambda clients, requests: put_load("127.0.0.1", port, request, clients=clients, requests=requests)


def free_port() -> int:
    """A port that was free a moment ago."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def bare_grpc(folder: Path, *, unary: bool) -> AsyncIterator[Loader]:
    """grpc.aio from this process straight to a tool."""
    del folder
    async with started(str(TOOLS), "bare-grpc") as facts, grpc.aio.insecure_channel(facts["address"]) as channel:
        rpc = "/toolmesh.tool.v1.ToolService/InvokeTool"
        factory = channel.unary_unary if unary else channel.unary_stream
        call = factory(
            rpc,
            request_serializer=tool_service_pb2.InvokeToolRequest.SerializeToString,
            response_deserializer=tool_service_pb2.InvokeToolResponse.FromString,
        )
        request = tool_service_pb2.InvokeToolRequest(tool="add", arguments_json='{"a":2,"b":3}')

        async def client(load: Load, count: int) -> None:
            for _ in range(count):
                begun = time.perf_counter()
                if unary:
                    await call(request)
                else:
                    async for _response in call(request):
                        pass
                load.latencies_s.append(time.perf_counter() - begun)

        async def put(clients: int, requests: int) -> Load:
            load = Load()
            begun = time.perf_counter()
            await asyncio.gather(*(client(load, requests // clients) for _ in range(clients)))
            load.wall_s = time.perf_counter() - begun
            return load

        yield put


@asynccontextmanager
async def fastapi_proxy(folder: Path) -> AsyncIterator[Loader]:
    """FastAPI, a key and httpx, straight to a tool that speaks HTTP."""
    del folder
    async with started(str(TOOLS), "http") as tool, started(str(TOOLS), "fastapi-proxy", tool["address"]) as proxy:
        port = int(proxy["address"].rpartition(":")[2])
        request = post_request("/v1/tools/add:invoke", BODY, API_KEY)
        yield lambda clients, requests: put_load("127.0.0.1", port, request, clients=clients, requests=requests)


SUBJECTS = {
    "gateway -> router -> tool": platform,
    "bare grpc.aio, unary call": lambda folder: bare_grpc(folder, unary=True),
    "bare grpc.aio, stream": lambda folder: bare_grpc(folder, unary=False),
    "FastAPI + httpx proxy": fastapi_proxy,
}


async def measure(rounds: int, requests: int) -> dict[str, dict[str, float]]:
    """Medians over the rounds, by subject; the subjects take turns within each round."""
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            loaders = {}
            for name, start in SUBJECTS.items():
                if name.startswith("FastAPI") and importlib.util.find_spec("fastapi") is None:
                    print(f"{name}: left out, fastapi is not installed", file=sys.stderr)
                    continue
                loaders[name] = await stack.enter_async_context(start(Path(folder)))
                await loaders[name](4, 200)
            for _ in range(rounds):
                for name, load in loaders.items():
                    for clients in CLIENTS:
                        result = await load(clients, requests if clients > 1 else requests // 4)
                        row = found.setdefault(name, {})
                        row.setdefault(f"p50_ms_{clients}", []).append(result.p50_ms)
                        row.setdefault(f"per_s_{clients}", []).append(result.per_s)
    return {name: {key: statistics.median(values) for key, values in row.items()} for name, row in found.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000, help="a round with 16 clients; a quarter with 1")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = uvloop.run(measure(options.rounds, options.requests))
    if options.json:
        print(json.dumps(rows))
        return
    print(f"{'':28}" + "".join(f"{f'{n} clients: p50 ms':>22}{'a second':>10}" for n in CLIENTS))
    for name, row in rows.items():
        print(f"{name:28}" + "".join(f"{row[f'p50_ms_{n}']:22.2f}{row[f'per_s_{n}']:10.0f}" for n in CLIENTS))


if __name__ == "__main__":
    main()
