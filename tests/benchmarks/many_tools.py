"""A tool router that knows 10,000 tools: registering them, listing them, calling some of them, and what it keeps.

    python tests/benchmarks/many_tools.py [--tools 10000] [--tools-a-service 100] [--rounds 9] [--calls 300]
        [--skip-retriever] [--json]

Each tool service is at a socket of its own, all in one process, registered over gRPC with a router process of its own
that keeps them in SQLite. A second router knows only the ten tools that are called; both call them at the same process,
taking turns. Gateway and retriever follow the large router, as in the platform.
"""

import argparse
import asyncio
import math
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

# Starting processes beside an open channel is meant; gRPC would remark on it.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import psutil
import uvloop
from http_load import get_request, put_load
from markdown_rows import Row, print_rows
from tool_call import free_port, started
from tool_router_soak import memory_of
from trivial_tools import API_KEY

from toolmesh.retriever.v1 import retriever_service_pb2
from toolmesh.retriever.v1.retriever_service_pb2_grpc import RetrieverServiceStub
from toolmesh.tool.v1 import tool_pb2
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1.tool_router_service_pb2_grpc import ToolRouterServiceStub
from toolmesh_core.channel import connect
from toolmesh_testing import ServiceProcess, process

SERVICE = Path(__file__).with_name("many_tools_service.py")
CALLED = 10
PAGE = 100
AT_ONCE = 8
MOST_INDEXING_S = 300.0
ARGUMENTS = '{"query": "those of today", "limit": 3}'


class Router:
    """A router process, asked over gRPC."""

    def __init__(self, running: ServiceProcess) -> None:
        self.address = running.address
        self._pid = running.pid
        self.channel = connect(running.address)
        self.stub = ToolRouterServiceStub(self.channel)
        self._invoke = self.channel.unary_unary(
            "/toolmesh.tool_router.v1.ToolRouterService/InvokeTool",
            request_serializer=pb.InvokeToolRequest.SerializeToString,
            response_deserializer=pb.InvokeToolResponse.FromString,
        )

    def memory_mib(self) -> float:
        """Proportional set size."""
        return memory_of(self._pid)

    def cpu_s(self) -> float:
        """CPU time until now."""
        return float(sum(psutil.Process(self._pid).cpu_times()[:2]))

    async def call(self, tool: str) -> None:
        """One call, which must succeed."""
        context = tool_pb2.CallContext(user="bench")
        request = pb.InvokeToolRequest(tool=tool, arguments_json=ARGUMENTS, result_only=True, context=context)
        response = await self._invoke(request, timeout=30)
        assert response.result.tool_result.WhichOneof("outcome") == "output_json", response

    async def register(self, services: dict[str, str]) -> list[str]:
        """Registers some at a time; gives the name of one tool of each."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(name: str, address: str) -> str:
            async with slots:
                request = pb.RegisterToolServiceRequest(name=name, address=address)
                tools = (await self.stub.RegisterToolService(request)).tool_service.tools
                return str(tools[0])

        return await asyncio.gather(*(one(*service) for service in services.items()))

    async def pages(self) -> tuple[list[str], list[str]]:
        """The names of all callable tools, and the token of each page."""
        names: list[str] = []
        tokens = [""]
        while True:
            page = await self.stub.ListTools(pb.ListToolsRequest(page_size=PAGE, page_token=tokens[-1]))
            names += [tool.name for tool in page.tools]
            if not page.next_page_token:
                return names, tokens
            tokens.append(page.next_page_token)


@dataclass
class Stage:
    """Everything that runs."""

    small: Router
    large: Router
    http_port: int
    retriever: RetrieverServiceStub | None
    services: dict[str, str]


@asynccontextmanager
async def stage(folder: Path, tools: int, each: int, *, with_retriever: bool) -> AsyncIterator[Stage]:
    """Starts it; the small router knows its ten tools already, the large one none."""
    async with AsyncExitStack() as stack:

        async def serve(name: str, **settings: str) -> ServiceProcess:
            own = {"DATA_DIR": f"{folder}/{settings.pop('data', name)}", "LOG_LEVEL": "WARNING", **settings}
            env = {f"TOOLMESH_{name.upper()}_{key}": value for key, value in own.items()} | {
                "TOOLMESH_API_KEY": API_KEY
            }
            return await stack.enter_async_context(process(f"toolmesh_{name}", env))

        async def serve_tools(prefix: str, number: int) -> dict[str, str]:
            arguments = (str(folder), prefix, str(number), str(each))
            return await stack.enter_async_context(started(str(SERVICE), *arguments))

        called, crowd = await serve_tools("called", CALLED), await serve_tools("crowd", tools - CALLED)
        small = Router(await serve("tool_router", data="small", LISTEN=f"unix:{folder}/small.sock"))
        large = Router(await serve("tool_router", data="large", LISTEN=f"unix:{folder}/large.sock"))
        await small.register(called)
        port = free_port()
        await serve("gateway", LISTEN="127.0.0.1:0", HTTP_PORT=str(port), TOOL_ROUTER_ADDRESS=large.address)
        retriever = None
        if with_retriever:
            searcher = await serve("retriever", TOOL_ROUTER_ADDRESS=large.address)
            retriever = RetrieverServiceStub(connect(searcher.address))
        yield Stage(small, large, port, retriever, {**crowd, **called})


async def registered(at: Stage, tools: int) -> tuple[Row, list[str], list[str]]:
    """Until all are registered and listed, and one of each service was called; their names, and the page tokens."""
    begun = time.perf_counter()
    one_each = await at.large.register(at.services)
    names, tokens = await at.large.pages()
    if len(names) != tools:
        raise SystemExit(f"{len(names)} of {tools} tools are callable")
    for name in one_each:
        await at.large.call(name)
    took_s = time.perf_counter() - begun
    return Row(f"{tools:,} tools registered and callable", f"{took_s:.1f} s", "under 60 s", took_s < 60), names, tokens


async def searchable(retriever: RetrieverServiceStub, tools: int, begun: float) -> Row:
    """When a search looks at all tools; the wait for it has an end."""
    request = retriever_service_pb2.SearchToolsRequest(query="invoices of the warehouse")
    while True:
        searched = (await retriever.SearchTools(request)).searched
        took_s = time.perf_counter() - begun
        if searched == tools or took_s > MOST_INDEXING_S:
            return Row("found by words, from the first registration", f"{searched:,} after {took_s:.1f} s")
        await asyncio.sleep(0.1)


async def snapshot(router: Router) -> Row:
    """The first message of a watch, and when it was here."""
    begun = time.perf_counter()
    changes = router.stub.WatchTools(pb.WatchToolsRequest(), timeout=math.inf)
    first = await anext(aiter(changes))
    changes.cancel()
    shown = f"{first.ByteSize() / 2**20:.1f} MiB, {(time.perf_counter() - begun) * 1e3:.0f} ms"
    return Row(f"watch: snapshot of {len(first.snapshot.tools):,} tools", shown)


async def timed_ms(call: Callable[[], Awaitable[Any]], times: int) -> list[float]:
    """Milliseconds of each of so many calls, one after the other."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        await call()
        found.append((time.perf_counter() - begun) * 1e3)
    return found


async def listed(at: Stage, tokens: list[str], times: int) -> list[Row]:
    """Pages in turn, through the router and through REST."""
    turn = cycle(tokens)
    by_grpc = await timed_ms(
        lambda: at.large.stub.ListTools(pb.ListToolsRequest(page_size=PAGE, page_token=next(turn))), times
    )
    by_token = cycle([get_request(f"/v1/tools?page_size={PAGE}&page_token={token}", API_KEY) for token in tokens])
    load = await put_load("127.0.0.1", at.http_port, lambda _: next(by_token), clients=1, requests=times)
    by_rest = [seconds * 1e3 for seconds in load.latencies_s]
    return [_page_row("router", by_grpc), _page_row("gateway, REST", by_rest)]


def _page_row(way: str, times_ms: list[float]) -> Row:
    slow_ms = sorted(times_ms)[int(len(times_ms) * 0.95)]
    shown = f"p50 {statistics.median(times_ms):.1f} ms, p95 {slow_ms:.1f} ms"
    return Row(f"list page of {PAGE}, {way}", shown, "under 20 ms", slow_ms < 20)


async def called(at: Stage, names: list[str], rounds: int, calls: int) -> list[Row]:
    """The ten tools through either router, taking turns, who begins too; then a thousand tools once each."""
    turn = cycle([name for name in names if name.startswith("called_")])
    p50s: dict[Router, list[float]] = {at.small: [], at.large: []}
    for number in range(rounds + 1):
        for router in (at.small, at.large)[:: 1 if number % 2 else -1]:
            times = await timed_ms(lambda router=router: router.call(next(turn)), calls)  # type: ignore[misc]
            # The first round warms up.
            p50s[router] += [statistics.median(times)] if number else []
    small, large = p50s[at.small], p50s[at.large]
    ratio = statistics.median(b / a for a, b in zip(small, large, strict=True))
    shown = f"p50 {statistics.median(small):.2f} ms, {statistics.median(large):.2f} ms, {ratio:.2f} x"
    each = iter(names)
    spread = await timed_ms(lambda: at.large.call(next(each)), min(len(names), 1000))
    return [
        Row(f"call with {CALLED} tools, with {len(names):,}", shown, "within 10%", ratio <= 1.1),
        Row(f"call of {len(spread):,} tools once each", f"p50 {statistics.median(spread):.2f} ms"),
    ]


async def idling(router: Router, seconds: float) -> Row:
    """What a router does that nobody asks: it looks after its services."""
    worked_s = router.cpu_s()
    await asyncio.sleep(seconds)
    return Row("router without calls", f"{(router.cpu_s() - worked_s) / seconds:.1%} of a core")


async def measure(options: argparse.Namespace) -> list[Row]:
    """Everything, one after the other."""
    with tempfile.TemporaryDirectory(prefix="tmb-") as folder:
        each, with_retriever = options.tools_a_service, not options.skip_retriever
        async with stage(Path(folder), options.tools, each, with_retriever=with_retriever) as at:
            memory_mib, begun = [at.large.memory_mib()], time.perf_counter()
            first, names, tokens = await registered(at, options.tools)
            memory_mib.append(at.large.memory_mib())
            rows = [first]
            if at.retriever is not None:
                rows.append(await searchable(at.retriever, options.tools, begun))
            rows.append(await snapshot(at.large))
            rows += await listed(at, tokens, options.calls)
            rows += await called(at, names, options.rounds, options.calls)
            rows.append(await idling(at.large, options.idle_s))
            memory_mib.append(at.large.memory_mib())
    shown = ", ".join(f"{mib:.0f}" for mib in memory_mib)
    return [*rows, Row("memory of the router: empty, registered, at the end", f"{shown} MiB")]


def main() -> None:
    """Measures and prints a Markdown table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=int, default=10_000, help="20 or more")
    parser.add_argument("--tools-a-service", type=int, default=100, help="1000 or fewer; fewer make more connections")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=300, help="calls a round and router; pages a way")
    parser.add_argument("--idle-s", type=float, default=20.0, help="seconds the router is watched without calls")
    parser.add_argument("--skip-retriever", action="store_true", help="leave the search by words out")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    print_rows(uvloop.run(measure(options)), as_json=options.json)


if __name__ == "__main__":
    main()
