"""`toolmesh up | down | status`: the whole platform on this machine."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import psutil
import typer
from rich.console import Console
from rich.table import Table

from toolmesh_cli.run_view import show_run
from toolmesh_cli.supervisor.platform import START_TIMEOUT_S, Platform, running_platform
from toolmesh_cli.supervisor.platform_state import AlreadyRunning, PlatformState, read_state, resident_bytes
from toolmesh_cli.supervisor.supervised_process import StartFailed
from toolmesh_core.errors import ToolMeshError
from toolmesh_sdk import Client

app = typer.Typer()
_console = Console()
_errors = Console(stderr=True)
_SAMPLE_QUESTION = "Convert 26.2 miles to kilometers"
_DOWN_TIMEOUT_S = 40.0
_REACH_TIMEOUT_S = 10.0


def data_folder() -> Path:
    """Where all state is: TOOLMESH_DATA_DIR, else .toolmesh here."""
    return Path(os.environ.get("TOOLMESH_DATA_DIR", ".toolmesh"))


@app.command()
def up(
    detach: Annotated[
        bool, typer.Option("--detach", help="Go on in the background; `toolmesh down` stops it.")
    ] = False,
    sample: Annotated[bool, typer.Option("--sample", help="Ask one sample question when ready.")] = False,
) -> None:
    """Start every service on this machine and serve until Ctrl-C."""
    if detach:
        _up_detached(sample)
        return
    try:
        asyncio.run(_serve(data_folder().resolve(), sample))
    except AlreadyRunning as error:
        _fail(str(error))
    except ExceptionGroup as group:
        _fail("\n".join(str(error) for error in group.exceptions if isinstance(error, StartFailed)) or str(group))


@app.command()
def down() -> None:
    """Stop the platform of this folder; returns when all its processes have ended."""
    state = read_state(data_folder())
    if state is None:
        _console.print(f"no platform runs on {data_folder()}")
        return
    supervisor = psutil.Process(state.supervisor_pid)
    supervisor.send_signal(signal.SIGTERM)
    try:
        supervisor.wait(_DOWN_TIMEOUT_S)
    except psutil.TimeoutExpired:
        _fail(f"the supervisor ({state.supervisor_pid}) is not done after {_DOWN_TIMEOUT_S:g} s; see its logs")
    _console.print("stopped")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show each process: its state, address, metrics, restarts and memory. Exit code 1 where none runs."""
    state = read_state(data_folder())
    if state is None:
        _fail(f"no platform runs on {data_folder()}; start it with `toolmesh up`")
    memory = {process.name: resident_bytes(process.pid) for process in state.processes}
    if as_json:
        raw = state.to_json()
        for process in raw["processes"]:
            process["memory_bytes"] = memory[process["name"]]
        print(json.dumps(raw, indent=1))
        return
    _console.print(_status_table(state, memory))
    _console.print(
        f"REST {state.url}   gRPC {state.grpc_address}   memory {sum(memory.values()) / 2**20:,.0f} MiB in all"
    )


def _status_table(state: PlatformState, memory: dict[str, int]) -> Table:
    table = Table("service", "state", "pid", "restarts", "MiB", "address", "metrics")
    for process in state.processes:
        table.add_row(
            process.name,
            "[green]healthy[/]" if process.healthy else "[red]down[/]",
            str(process.pid or "-"),
            str(process.restarts),
            f"{memory[process.name] / 2**20:,.0f}",
            process.address,
            process.metrics_url,
        )
    return table


async def _serve(data: Path, sample: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    started = time.monotonic()
    with _console.status("starting…") as progress:
        healthy: list[str] = []

        def tell(name: str) -> None:
            healthy.append(name)
            progress.update(f"starting… healthy: {', '.join(healthy)}")

        async with _or_stopped(stop, running_platform(data, os.environ, tell)) as platform:
            if platform is not None:
                await asyncio.to_thread(_until_tools_are_found, platform)
                platform.mark_ready()
            progress.stop()
            if platform is None:
                return
            _greet(platform, time.monotonic() - started)
            if sample:
                await asyncio.to_thread(_ask_sample, platform)
            _console.print("\nserving; Ctrl-C stops it" if sys.stdout.isatty() else "serving")
            await stop.wait()
            _console.print("stopping…")


@asynccontextmanager
async def _or_stopped(
    stop: asyncio.Event, platform: AbstractAsyncContextManager[Platform]
) -> AsyncIterator[Platform | None]:
    """Enters the platform; gives None where a signal came while it was starting."""
    async with AsyncExitStack() as stack:
        entering = asyncio.create_task(stack.enter_async_context(platform))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({entering, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not entering.done():
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)
            yield None
        else:
            yield entering.result()


def _until_tools_are_found(platform: Platform) -> None:
    """Healthy alone is not ready: the services must have reached each other. A search goes through most of them."""
    until = time.monotonic() + _REACH_TIMEOUT_S
    with Client(platform.url, api_key=_api_key(platform)) as client:
        while time.monotonic() < until:
            with contextlib.suppress(ToolMeshError):
                found = client.tools.search(_SAMPLE_QUESTION)
                if found.searched and not found.degraded:
                    return
            time.sleep(0.1)
    _errors.print("the search for tools is not whole yet; the log of the retriever says why", style="yellow")


def _greet(platform: Platform, seconds: float) -> None:
    _console.print(
        f"[bold green]ToolMesh is ready[/] after {seconds:.1f} s: {len(platform.processes)} services are healthy"
    )
    _console.print(f"  REST      {platform.url}  (reference: {platform.url}/docs)")
    _console.print(f"  gRPC      {platform.grpc_address}")
    _console.print(f"  API key   {_api_key(platform)}", highlight=False)
    _console.print(f"  data      {platform.paths.data}", highlight=False)


def _api_key(platform: Platform) -> str:
    return os.environ.get("TOOLMESH_API_KEY") or platform.paths.api_key_file.read_text().strip()


def _ask_sample(platform: Platform) -> None:
    _console.print(f'\n[bold]$ toolmesh ask "{_SAMPLE_QUESTION}"[/]')
    with Client(platform.url, api_key=_api_key(platform)) as client:
        show_run(client, _SAMPLE_QUESTION, _console)


def _up_detached(sample: bool) -> None:
    """Starts the same command in the background and waits until it is ready."""
    if read_state(data_folder()) is not None:
        _fail(f"a platform already runs on {data_folder()}; see `toolmesh status`")
    log = data_folder() / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "toolmesh_cli", "up", *(["--sample"] if sample else [])]
    with log.open("w") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    until = time.monotonic() + START_TIMEOUT_S + 5
    while time.monotonic() < until and child.poll() is None:
        state = read_state(data_folder())
        if state is not None and state.ready:
            _console.print(f"ready: {state.url} (pid {child.pid}, log {log}); stop it with `toolmesh down`")
            return
        time.sleep(0.1)
    _fail(log.read_text().strip() or f"not ready after {START_TIMEOUT_S:g} s; see {log}")


def _fail(message: str) -> NoReturn:
    _errors.print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(1)
