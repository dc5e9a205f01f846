"""What the tool router costs a call: the same tool called straight and through the router, on this machine, now.

    python tests/benchmarks/tool_router_overhead.py [--json] [--rounds 5] [--calls 300] [--soak MINUTES]

The floor is bare grpc.aio: a client and a server that does nothing but answer, over the same contract. One router is as
it comes: its own policy, trace ids made and passed on. The other one ("all on") has a policy of rules that look at the
arguments and of limits, writes a line in its log for each decision, and sends its spans to a collector. `--soak` then
calls that one without rest.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

# Starting processes beside an open channel is meant; gRPC would remark on it.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import grpc
import psutil
import uvloop
from markdown_rows import Row, print_rows
from tool_call import started
from tool_router_soak import INVOKE, SAMPLE_S, WARM_UP_CALLS, Soak, memory_of, soak

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh.tool_router.v1 import tool_router_service_pb2
from toolmesh_core.channel import connect
from toolmesh_testing import ServiceProcess, process

Call = Callable[[], Awaitable[Any]]
CLIENTS = 16
SAMPLE_TOOLS = Path(__file__).parents[1] / "integration" / "tool_router"
TRACE_SINK = Path(__file__).with_name("trivial_tools.py")
ARGUMENTS = '{"a": 3, "b": 4}'
STRAIGHT, AS_IT_COMES, ALL_ON = "tool, straight", "router -> tool, result only", "router -> tool, all on"
POLICY = """
version: 1
built_in_tools: allow
rules:
  - {name: no-large-sums, effect: deny, tools: [add], arguments: [{path: a, greater: 1000}]}
  - {name: no-hidden-sums, effect: deny, tools: [add], arguments_from_untrusted: true}
  - {name: sums, effect: allow, services: [sample], tools: [add]}
limits:
  - {name: often, tools: [add], rate: 1000000/second, per: [user]}
  - {name: at-once, tools: [add], concurrent: 64, per: [tool, user]}
"""


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
    parts: dict[str, Any] = {
        "request_serializer": tool_router_service_pb2.InvokeToolRequest.SerializeToString,
        "response_deserializer": tool_router_service_pb2.InvokeToolResponse.FromString,
    }
    request = tool_router_service_pb2.InvokeToolRequest(
        tool="add", arguments_json=ARGUMENTS, result_only=not streamed, context=tool_pb2.CallContext(user="bench")
    )
    if not streamed:
        unary = channel.unary_unary(INVOKE, **parts)
        return lambda: unary(request, timeout=30)
    stream = channel.unary_stream(INVOKE, **parts)

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


@dataclass
class Stage:
    """Everything that runs."""

    bare: tuple[str, int]
    tools: ServiceProcess
    as_it_comes: ServiceProcess
    all_on: ServiceProcess


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Starts the floor, the tool, and two routers that know it."""
    log = Path(os.devnull)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        policy = folder / "policy.yaml"
        policy.write_text(POLICY)
        settings = {"PYTHONPATH": str(SAMPLE_TOOLS), "TOOLMESH_TOOL_SAMPLE_DATA_DIR": f"{folder}/sample"}
        bare = await stack.enter_async_context(bare_server())
        tools = await stack.enter_async_context(process("sample_tools", settings, log_path=log))
        sink = await stack.enter_async_context(started(str(TRACE_SINK), "trace-sink"))

        async def router(name: str, **own: str) -> ServiceProcess:
            shared = {"DATA_DIR": f"{folder}/{name}", "TOOL_SERVICES": f"sample={tools.address}"}
            env = {f"TOOLMESH_TOOL_ROUTER_{key}": value for key, value in {**shared, **own}.items()}
            return await stack.enter_async_context(process("toolmesh_tool_router", env, log_path=log))

        endpoint = f"{sink['address']}/v1/traces"
        all_on = await router("all_on", POLICY_FILE=str(policy), OTLP_ENDPOINT=endpoint)
        yield Stage(bare, tools, await router("as_it_comes"), all_on)


async def measure(options: argparse.Namespace) -> tuple[list[Figures], list[Row]]:
    """All paths in turn, round by round, so that what else the machine does falls on all of them; then the soak."""
    async with (
        stage() as at,
        grpc.aio.insecure_channel(at.bare[0]) as to_bare,
        connect(at.tools.address) as to_tools,
        connect(at.as_it_comes.address) as to_router,
        connect(at.all_on.address) as to_all_on,
    ):
        paths: dict[str, tuple[Call, int]] = {
            "bare grpc.aio": (straight(to_bare), at.bare[1]),
            STRAIGHT: (straight(to_tools), at.tools.pid),
            AS_IT_COMES: (routed(to_router, streamed=False), at.as_it_comes.pid),
            "router -> tool, streamed": (routed(to_router, streamed=True), at.as_it_comes.pid),
            ALL_ON: (routed(to_all_on, streamed=False), at.all_on.pid),
        }
        found = await _rounds(paths, options.rounds, options.calls)
        rows = [*_beside_straight(found, AS_IT_COMES), *_beside_straight(found, ALL_ON)]
        if options.soak:
            memory = partial(memory_of, at.all_on.pid)
            soaked = await soak(to_all_on, ARGUMENTS, memory, options.soak, options.warm_up)
            rows.append(_soak_row(soaked, options.soak))
    return [Figures(name, *map(_median, zip(*figures, strict=True))) for name, figures in found.items()], rows


Rounds = dict[str, list[tuple[float, float, float]]]


async def _rounds(paths: dict[str, tuple[Call, int]], rounds: int, calls: int) -> Rounds:
    found: Rounds = {name: [] for name in paths}
    for call, pid in paths.values():
        await one_round(call, pid, CLIENTS)
    for _ in range(rounds):
        for name, (call, pid) in paths.items():
            found[name].append(await one_round(call, pid, calls))
    return found


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 3)


def _beside_straight(found: Rounds, path: str) -> list[Row]:
    """Each round of a path beside the same round of the straight call; medians."""
    pairs = list(zip(found[path], found[STRAIGHT], strict=True))
    more_ms = _median(routed[0] - direct[0] for routed, direct in pairs)
    share = _median(routed[1] / direct[1] for routed, direct in pairs)
    return [
        Row(f"{path}: p50 beside the straight call", f"{more_ms:+.2f} ms", "at most +0.8 ms", more_ms <= 0.8),
        Row(f"{path}: calls a second, {CLIENTS} clients", f"{share:.0%} of straight", "at least 40%", share >= 0.4),
    ]


def _soak_row(soaked: Soak, minutes: float) -> Row:
    first, most, last = soaked.memory_mib[0], max(soaked.memory_mib), soaked.memory_mib[-1]
    shown = f"{soaked.growth:+.1%}: {first:.1f}, most {most:.1f}, at the end {last:.1f} MiB; "
    what = f"memory of the router over {minutes:g} minutes of calls, every {SAMPLE_S:g} s"
    return Row(
        what, f"{shown}{soaked.calls:,} calls, {soaked.calls / soaked.took_s:.0f}/s", "under +10%", soaked.growth < 0.1
    )


def main() -> None:
    """Measures and prints a table and rows for docs/benchmarks.md, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=300, help="calls of one client a round")
    parser.add_argument("--soak", type=float, default=0.0, metavar="MINUTES", help="call on for so long; 0: not")
    parser.add_argument("--warm-up", type=int, default=WARM_UP_CALLS, help="calls before a soak's memory counts")
    parser.add_argument("--serve-bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_bare:
        uvloop.run(serve_bare())
        return
    figures, rows = uvloop.run(measure(options))
    if options.json:
        print(json.dumps({"paths": [asdict(item) for item in figures], "rows": [asdict(row) for row in rows]}))
        return
    print(f"{'path':<30}{'p50 ms':>9}{'calls/s, 16 clients':>22}{'server CPU ms/call':>21}")
    for item in figures:
        print(f"{item.path:<30}{item.p50_ms:>9.2f}{item.calls_s:>22.0f}{item.server_cpu_ms:>21.2f}")
    print()
    print_rows(rows, as_json=False)


if __name__ == "__main__":
    main()
