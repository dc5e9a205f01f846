"""How soon a deployed tool is called, and whether a call fails while versions change.

    python tests/benchmarks/tool_deployment.py [--rounds 5] [--calls 1000] [--json]

Gateway, router and tool host, each a process of its own, asked over REST by the SDK without its retries. Timed: from
the beginning of a deployment to the end of the first call, with the Python environment there; once also with the
commands. Then four clients call on while a good version, a broken one and another good one are offered.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tool_call import free_port, started
from trivial_tools import API_KEY

from toolmesh_core.errors import InvalidInput, ToolError, ToolMeshError
from toolmesh_sdk import AsyncClient, RetryPolicy

CLIENTS = 4
SOURCE = '''
from toolmesh_toolkit import tool

VERSION = {version}


@tool(read_only=True, idempotent=True)
def {name}(a: int, b: int) -> int:
    """Add two whole numbers."""
    return a + b
'''


@asynccontextmanager
async def platform(folder: Path) -> AsyncIterator[str]:
    """The three processes; gives the gateway's URL."""
    router, host, port = f"unix:{folder}/router.sock", f"unix:{folder}/host.sock", free_port()
    settings = {
        "tool_router": {"LISTEN": router},
        "tool_host": {"LISTEN": host, "TOOL_ROUTER_ADDRESS": router},
        "gateway": {
            "LISTEN": "127.0.0.1:0",
            "HTTP_PORT": str(port),
            "TOOL_ROUTER_ADDRESS": router,
            "TOOL_HOST_ADDRESS": host,
        },
    }
    # The host is killed at the end: what it keeps outside of its data folder goes with this one.
    own_places = {"TOOLMESH_API_KEY": API_KEY, "TMPDIR": str(folder)}
    async with AsyncExitStack() as stack:
        for name, own in settings.items():
            shared = {"DATA_DIR": str(folder / name), "LOG_LEVEL": "ERROR", "METRICS_LISTEN": "127.0.0.1:0"}
            env = {f"TOOLMESH_{name.upper()}_{key}": value for key, value in {**shared, **own}.items()}
            await stack.enter_async_context(started("-m", f"toolmesh_{name}", env=env | own_places))
        yield f"http://127.0.0.1:{port}"


def write(folder: Path, name: str, version: int = 1) -> Path:
    """A file with one tool of this name."""
    path = folder / f"{name}.py"
    path.write_text(SOURCE.format(name=name, version=version))
    return path


async def first_calls(client: AsyncClient, folder: Path, rounds: int) -> list[float]:
    """Seconds from the beginning of a deployment to the end of its first call, each of a new deployment."""
    seconds = []
    for number in range(rounds):
        path = await asyncio.to_thread(write, folder, f"tool_{number}")
        begun = time.perf_counter()
        await client.tool_deployments.deploy(path)
        await client.tools.invoke(f"tool_{number}", {"a": 2, "b": 3})
        seconds.append(time.perf_counter() - begun)
        await client.tool_deployments.remove(f"tool_{number}")
    return seconds


def by_command(url: str, folder: Path) -> float:
    """The same by the two commands that a person types, Python's own start included."""
    path = write(folder, "typed")
    toolmesh = Path(sys.executable).with_name("toolmesh")
    env = {**os.environ, "TOOLMESH_URL": url, "TOOLMESH_API_KEY": API_KEY}
    begun = time.perf_counter()
    for command in (["tools", "deploy", str(path)], ["tools", "invoke", "typed", "a=2", "b=3"]):
        subprocess.run([toolmesh, *command], env=env, check=True, capture_output=True)
    return time.perf_counter() - begun


class Calls:
    """Calls one tool until it is told to stop, and `least` times, and counts."""

    def __init__(self, client: AsyncClient, least: int) -> None:
        self._client = client
        self._least = least
        self.good = 0
        self.failures: list[str] = []
        self.slowest_s = 0.0
        self.stop = False

    @property
    def made(self) -> int:
        """How many calls have ended."""
        return self.good + len(self.failures)

    async def call_on(self) -> None:
        """One client."""
        while not self.stop or self.made < self._least:
            begun = time.perf_counter()
            try:
                called = await self._client.tools.invoke("rolled", {"a": 2, "b": 3})
            except (ToolMeshError, ToolError) as error:
                self.failures.append(error.message)
            else:
                self.good += called.output == 5
            self.slowest_s = max(self.slowest_s, time.perf_counter() - begun)


async def roll_out(client: AsyncClient, folder: Path, least: int) -> Calls:
    """Calls on while versions are offered."""
    await client.tool_deployments.deploy(write(folder, "rolled"))
    calls = Calls(client, least)
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(calls.call_on())
        await client.tool_deployments.deploy(write(folder, "rolled", 2))
        try:
            (folder / "rolled.py").write_text("import nothing_of_that_name\n")
            await client.tool_deployments.deploy(folder / "rolled.py")
        except InvalidInput:
            pass
        else:
            raise SystemExit("the broken version was not refused")
        deployed = await client.tool_deployments.deploy(write(folder, "rolled", 3))
        assert deployed.version == 3
        # The old version takes its last calls and drains meanwhile.
        await asyncio.sleep(2)
        calls.stop = True
    return calls


async def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tmb-") as name:
        folder = Path(name)
        async with platform(folder) as url, AsyncClient(url, API_KEY, retry=RetryPolicy(retries=0)) as client:
            await first_calls(client, folder, 1)
            await client.tool_deployments.deploy(write(folder, "keeps_the_environment"))
            seconds = await first_calls(client, folder, options.rounds)
            typed_s = await asyncio.to_thread(by_command, url, folder)
            calls = await roll_out(client, folder, options.calls)
    result = {
        "first_call_p50_s": round(statistics.median(seconds), 2),
        "first_call_max_s": round(max(seconds), 2),
        "by_command_s": round(typed_s, 2),
        "calls": calls.made,
        "failed": len(calls.failures),
        "slowest_call_ms": round(calls.slowest_s * 1000),
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"deploy to first call   p50 {result['first_call_p50_s']} s, slowest {result['first_call_max_s']} s")
    print(f"by the two commands    {result['by_command_s']} s")
    print(
        f"calls during roll-outs {result['calls']}, failed {result['failed']}; slowest {result['slowest_call_ms']} ms"
    )
    for message in sorted(set(calls.failures))[:5]:
        print("  failed:", message)


if __name__ == "__main__":
    asyncio.run(main())
