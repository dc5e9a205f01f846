"""What the tool router costs a call: the same tool called straight and through the router, on this machine, now.

    python tests/benchmarks/tool_router_overhead.py [--json] [--rounds 5] [--calls 300]

The floor is bare grpc.aio: a client and a server that does nothing but answer, over the same contract.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grpc
import psutil
import uvloop

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.channel import connect
from toolmesh_testing import process

Call = Callable[[], Awaitable[Any]]
CLIENTS = 16
SAMPLE_TOOLS = Path(__file__).parents[1] / "integration" / "tool_router"
ARGUMENTS = '{"a": 3, "b": 4}'


@dataclass
class Figures:
    """Medians over the rounds.

    Attributes:
        p50_ms: of one client's calls.
        calls_s: calls a second of 16 clients together.
        server_cpu_ms: CPU time a call of the process that the client talks to, with 16 clients.
    """

    path: str
    p50_ms: float
    calls_s: float
    server_cpu_ms: float


async def serve_bare() -> None:
    """The floor's server, in a process of its own."""

    class Bare(tool_service_pb2_grpc.ToolServiceServicer):
        async def InvokeTool(self, request: Any, context: Any) -> AsyncIterator[Any]:
            yield tool_service_pb2.InvokeToolResponse(result=tool_pb2.ToolResult(output_json="7"))

    server = grpc.aio.server()
    tool_service_pb2_grpc.add_ToolServiceServicer_to_server(Bare(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


@asynccontextmanager
async def bare_server() -> AsyncIterator[tuple[str, int]]:
    """Address and process id of the floor's server."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--serve-bare", stdout=asyncio.subprocess.PIPE
    )
    if started.stdout is None:
        raise RuntimeError("the bare server has no standard output")
    try:
        yield f"127.0.0.1:{int(await started.stdout.readline())}", started.pid
    finally:
        started.kill()
        await started.wait()


def straight(channel: grpc.aio.Channel) -> Call:
    """A call of the tool itself, read as the unary answer that it is."""
    method = channel.unary_unary(
        "/toolmesh.tool.v1.ToolService/InvokeTool",
        request_serializer=tool_service_pb2.InvokeToolRequest.SerializeToString,
        response_deserializer=tool_service_pb2.InvokeToolResponse.FromString,
    )
    request = tool_service_pb2.InvokeToolRequest(tool="add", arguments_json=ARGUMENTS)
    return lambda: method(request, timeout=30)


def routed(channel: grpc.aio.Channel, *, streamed: bool) -> Call:
    """A call through the router, read as a stream or for its result only."""
    method = "/toolmesh.tool_router.v1.ToolRouterService/InvokeTool"
    parts: dict[str, Any] = {
        "request_serializer": tool_router_service_pb2.InvokeToolRequest.SerializeToString,
        "response_deserializer": tool_router_service_pb2.InvokeToolResponse.FromString,
    }
    request = tool_router_service_pb2.InvokeToolRequest(
        tool="add", arguments_json=ARGUMENTS, result_only=not streamed, context=tool_pb2.CallContext(user="bench")
    )
    if not streamed:
        unary = channel.unary_unary(method, **parts)
        return lambda: unary(request, timeout=30)
    stream = channel.unary_stream(method, **parts)

    async def call() -> None:
        async for _ in stream(request, timeout=30):
            pass

    return call


async def one_round(call: Call, pid: int, calls: int) -> tuple[float, float, float]:
    """p50 in ms of one client, calls a second of 16, the server's CPU in ms a call."""
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        await call()
        times.append(time.perf_counter() - began)

    async def client() -> None:
        for _ in range(calls // CLIENTS * 2):
            await call()

    made = calls // CLIENTS * 2 * CLIENTS
    server = psutil.Process(pid)
    cpu_before, began = sum(server.cpu_times()[:2]), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    took, cpu = time.perf_counter() - began, sum(server.cpu_times()[:2]) - cpu_before
    return statistics.median(times) * 1e3, made / took, cpu / made * 1e3


async def measure(rounds: int, calls: int) -> list[Figures]:
    """All paths in turn, round by round, so that what else the machine does falls on all of them."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PYTHONPATH": str(SAMPLE_TOOLS), "TOOLMESH_TOOL_SAMPLE_DATA_DIR": f"{folder}/sample"}
        log = Path(os.devnull)
        async with bare_server() as (bare, bare_pid), process("sample_tools", settings, log_path=log) as tools:
            router_settings = {
                "TOOLMESH_TOOL_ROUTER_DATA_DIR": f"{folder}/router",
                "TOOLMESH_TOOL_ROUTER_TOOL_SERVICES": f"sample={tools.address}",
            }
            async with (
                process("toolmesh_tool_router", router_settings, log_path=log) as router,
                grpc.aio.insecure_channel(bare) as to_bare,
                connect(tools.address) as to_tools,
                connect(router.address) as to_router,
            ):
                paths: dict[str, tuple[Call, int]] = {
                    "bare grpc.aio": (straight(to_bare), bare_pid),
                    "tool, straight": (straight(to_tools), tools.pid),
                    "router -> tool, result only": (routed(to_router, streamed=False), router.pid),
                    "router -> tool, streamed": (routed(to_router, streamed=True), router.pid),
                }
                return await _medians(paths, rounds, calls)


async def _medians(paths: dict[str, tuple[Call, int]], rounds: int, calls: int) -> list[Figures]:
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in paths}
    for call, pid in paths.values():
        await one_round(call, pid, CLIENTS)
    for _ in range(rounds):
        for name, (call, pid) in paths.items():
            found[name].append(await one_round(call, pid, calls))
    return [
        Figures(name, *(round(statistics.median(column), 3) for column in zip(*figures, strict=True)))
        for name, figures in found.items()
    ]


def main() -> None:
    """Measures and prints a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=300, help="calls of one client a round")
    parser.add_argument("--serve-bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_bare:
        uvloop.run(serve_bare())
        return
    figures = uvloop.run(measure(options.rounds, options.calls))
    if options.json:
        print(json.dumps([asdict(item) for item in figures], indent=1))
        return
    print(f"{'path':<30}{'p50 ms':>9}{'calls/s, 16 clients':>22}{'server CPU ms/call':>21}")
    for item in figures:
        print(f"{item.path:<30}{item.p50_ms:>9.2f}{item.calls_s:>22.0f}{item.server_cpu_ms:>21.2f}")


if __name__ == "__main__":
    main()
