"""One agent step, every step durable, and eight parallel calls with their join; beside the floors of this machine.

    python tests/benchmarks/agent_step.py [--rounds 5] [--steps 100] [--peer-python PATH] [--json]

Planner, controller, router, a trivial tool and a scripted LLM, each a process of its own, joined by unix sockets as
`toolmesh up` joins them. A step is one decision and its call: from the end of the search to the moment at which a
watcher is told of the result; each event is on disk before a watcher is told of it. Floors in the same run: a loop of
two bare gRPC calls, and one durable SQLite commit. With --peer-python, the Python of a venv that has langgraph and
langgraph-checkpoint-sqlite, LangGraph does the same step.
"""

import argparse
import asyncio
import importlib.util
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import uvloop
from tool_call import started

from toolmesh.planner.v1 import run_service_pb2 as pb
from toolmesh.planner.v1.run_pb2 import RunLimits
from toolmesh.planner.v1.run_service_pb2_grpc import RunServiceStub

HERE = Path(__file__).parent
NEIGHBOURS = str(HERE / "agent_step_neighbours.py")
PARALLEL_CALLS = 8
IDEAL_S = 0.1


@dataclass
class Subjects:
    """Where the parts of one measurement answer."""

    planner: RunServiceStub
    parallel: RunServiceStub
    llm: str
    bare_tool: str


def _env(name: str, folder: Path, **values: str) -> dict[str, str]:
    own = {
        "LISTEN": f"unix:{folder}/{name.lower()}.sock",
        "DATA_DIR": str(folder / name.lower()),
        "LOG_LEVEL": "WARNING",
        **values,
    }
    return {f"TOOLMESH_{name}_{key}": value for key, value in own.items()}


@asynccontextmanager
async def platform(folder: Path, *, real_controller: bool) -> AsyncIterator[Subjects]:
    """Everything between the planner and a scripted LLM."""
    async with AsyncExitStack() as stack:

        async def part(name: str) -> str:
            env = {"BENCHMARK_LISTEN": f"unix:{folder}/scripted-{name}.sock"}
            return (await stack.enter_async_context(started(NEIGHBOURS, name, env=env)))["address"]

        async def service(module: str, env: dict[str, str]) -> str:
            return (await stack.enter_async_context(started("-m", module, env=env)))["address"]

        async def planner(name: str, controller: str) -> RunServiceStub:
            env = _env(
                "PLANNER",
                folder,
                LISTEN=f"unix:{folder}/{name}.sock",
                DATA_DIR=str(folder / name),
                CONTROLLER_ADDRESS=controller,
                TOOL_ROUTER_ADDRESS=router,
                RETRIEVER_ADDRESS=llm,
            )
            address = await service("toolmesh_planner", env)
            return RunServiceStub(await stack.enter_async_context(grpc.aio.insecure_channel(address)))

        llm, bare_tool, scripted = await part("inference"), await part("bare-tool"), await part("controller")
        tool_env = _env("TOOL_BENCHMARK", folder)
        await stack.enter_async_context(started(NEIGHBOURS, "tools", env=tool_env))
        tools = tool_env["TOOLMESH_TOOL_BENCHMARK_LISTEN"]
        router = await service("toolmesh_tool_router", _env("TOOL_ROUTER", folder, TOOL_SERVICES=f"benchmark={tools}"))
        controller = scripted
        if real_controller:
            controller = await service("toolmesh_controller", _env("CONTROLLER", folder, INFERENCE_ADDRESS=llm))
        yield Subjects(
            await planner("planner", controller), await planner("planner-parallel", scripted), llm, bare_tool
        )


async def step_latency(stub: RunServiceStub, *, asks_llm: bool) -> float:
    """Seconds of the step of a run: from the end of the search to the moment a watcher is told of the call's result,
    which is after it is on disk."""
    # The tool is named and its argument is not in the request: the LLM has to write it.
    request = pb.CreateRunRequest(
        user="benchmark", input="Greet my friend.", required_tool="greet", limits=RunLimits(max_steps=1)
    )
    run = (await stub.CreateRun(request)).run
    found, ended = 0.0, 0.0
    async for response in stub.StreamRunEvents(pb.StreamRunEventsRequest(user="benchmark", run=run.id)):
        event = response.event
        match event.WhichOneof("event"):
            case "tools_retrieved":
                found = event.time.seconds + event.time.nanos / 1e9
            case "decision_made" if asks_llm and not event.decision_made.decision.usage.completion_tokens:
                raise SystemExit("the controller decided without the LLM: this would not measure what it says")
            case "tool_call_finished" if event.tool_call_finished.result.output_json:
                ended = time.time()
    if not (found and ended):
        raise SystemExit(f"no call was made: {response.event}")
    return ended - found


async def parallel_seconds(stub: RunServiceStub) -> float:
    """Seconds from a decision with eight calls of 100 ms to the next question to the controller."""
    run = (await stub.CreateRun(pb.CreateRunRequest(user="benchmark", input=f"parallel {PARALLEL_CALLS}"))).run
    request = pb.StreamRunEventsRequest(user="benchmark", run=run.id)
    events = [response.event async for response in stub.StreamRunEvents(request)]
    return float(events[-1].run_ended.run.output)


def commit_latencies(folder: Path, count: int) -> list[float]:
    """Seconds of one durable SQLite commit of a small row."""
    connection = sqlite3.connect(folder / "floor.sqlite3", isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS t (b)")
    latencies = []
    for _ in range(count):
        begun = time.perf_counter()
        connection.execute("INSERT INTO t VALUES (?)", (b"x" * 200,))
        latencies.append(time.perf_counter() - begun)
    connection.close()
    return latencies


async def output_of(*command: str) -> list[float]:
    """What a program prints, as numbers."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    numbers: list[float] = json.loads(out)
    return numbers


def quantiles(latencies: list[float]) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    ordered = sorted(latencies)
    return {f"p{share}_ms": ordered[int(len(ordered) * share / 100)] * 1000 for share in (50, 95)}


async def measure(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Medians over the rounds; in each round every subject has its turn."""
    found: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with platform(folder, real_controller=options.controller == "real") as subjects:
            asks_llm = options.controller == "real"
            for _ in range(20):
                await step_latency(subjects.planner, asks_llm=asks_llm)
            await parallel_seconds(subjects.parallel)
            for _ in range(options.rounds):
                steps = [await step_latency(subjects.planner, asks_llm=asks_llm) for _ in range(options.steps)]
                found.setdefault("agent step, durable", []).append(quantiles(steps))
                joins = [await parallel_seconds(subjects.parallel) for _ in range(5)]
                join = statistics.median(joins)
                found.setdefault("8 calls of 100 ms", []).append({"p50_ms": join * 1000, "of_ideal": join / IDEAL_S})
                loop = await output_of(
                    sys.executable, NEIGHBOURS, "bare", subjects.llm, subjects.bare_tool, str(options.steps)
                )
                found.setdefault("plain loop, nothing durable", []).append(quantiles(loop))
                commits = await asyncio.to_thread(commit_latencies, folder, options.steps)
                found.setdefault("one SQLite commit", []).append(quantiles(commits))
                for kind, peer in await peers(options, subjects, folder):
                    found.setdefault(kind, []).append(peer)
    return {
        subject: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        for subject, rows in found.items()
    }


async def peers(options: argparse.Namespace, subjects: Subjects, folder: Path) -> list[tuple[str, dict[str, float]]]:
    """The same step by LangGraph, where it is installed."""
    if not options.peer_python:
        return []
    script = str(HERE / "agent_step_langgraph.py")
    rows = []
    for kind, store in (
        ("LangGraph, no checkpoint", ""),
        ("LangGraph, SQLite checkpoints", str(folder / "peer.sqlite3")),
    ):
        latencies = await output_of(options.peer_python, script, subjects.bare_tool, str(options.steps), store)
        rows.append((kind, quantiles(latencies)))
    return rows


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100, help="steps a round, each in a run of its own")
    there = importlib.util.find_spec("toolmesh_controller.__main__") is not None
    parser.add_argument(
        "--controller",
        choices=("real", "scripted"),
        default="real" if there else "scripted",
        help="scripted leaves the controller's and the LLM's part out",
    )
    parser.add_argument("--peer-python", default=os.environ.get("TOOLMESH_PEER_PYTHON", ""), help="has langgraph")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = uvloop.run(measure(options))
    if options.json:
        print(json.dumps({"controller": options.controller, **rows}))
        return
    print(f"controller: {options.controller}")
    for subject, row in rows.items():
        print(f"{subject:32}" + "".join(f"{key:>10} {value:7.2f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
