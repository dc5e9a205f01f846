"""Every command of docs/imports.md is run, as it stands, against a real platform and real peers."""

import asyncio
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from fixtures.http_peer import Reply, serving_peer
from fixtures.running_platform import RunningPlatform, start_platform, stop_platform
from unit.imports.grpc_reflection.compiled_protos import compile_protos, pool_of
from unit.imports.grpc_reflection.kinds_server import serving_kinds
from unit.imports.mcp.demo_server import demo_server
from unit.imports.mcp.http_demo import serving_http

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/imports.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
POLICY, DOCUMENT = (text for kind, text in BLOCKS if kind == "yaml")
[SERVER] = [text for kind, text in BLOCKS if kind == "python"]
COMMANDS = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]
# What a reader should see, in the order of the commands.
EXPECTED = [
    ["get_album  reads", "add --secret token=NAME", "add --allow-host"],
    ["deployed albums, version 1: get_album", "effect: allow, services: [albums]"],
    ['"title": "Blue Train"'],
    ["weather_get_forecast", "dry run"],
    ["deployed weather, version 1: weather_get_forecast"],
    ["rain in Oslo"],
    ["deployed weather-http, version 1: ", "weather-http_add"],
    ["Kinds_Count", "dry run"],
    ["deployed shop, version 1: ", "Kinds_Count"],
]


class Peers:
    """The servers that the page speaks of, on free ports.

    Attributes:
        ports: by the port of the page.
    """

    def __init__(self, folder: Path) -> None:
        self.ports: dict[str, str] = {}
        self._folder = folder
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def __enter__(self) -> "Peers":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        pool = pool_of(await asyncio.to_thread(compile_protos, self._folder / "kinds.binpb"))
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(serving_peer())
            api.answer = lambda asked: (
                Reply({"title": "Blue Train"})
                if (asked.target, asked.headers.get("authorization")) == ("/albums/7", "Bearer albums-token")
                else Reply(None, "404 Not Found")
            )
            mcp = await stack.enter_async_context(serving_http(demo_server().streamable_http_app()))
            kinds = await stack.enter_async_context(serving_kinds(pool))
            self.ports = {"8000": str(api.port), "8001": str(mcp), "50051": kinds.address.rpartition(":")[2]}
            self._ready.set()
            await self._end.wait()

    def in_place(self, text: str) -> str:
        """A text of the page with the real ports."""
        return re.sub(r"127\.0\.0\.1:(\d+)", lambda found: f"127.0.0.1:{self.ports[found[1]]}", text)


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    with Peers(tmp_path_factory.mktemp("peers")) as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, peers: Peers) -> Path:
    """Where a reader would be, with the page's files."""
    here = tmp_path_factory.mktemp("reader")
    (here / "albums.yaml").write_text(peers.in_place(DOCUMENT))
    (here / "weather_server.py").write_text(SERVER)
    (here / "policy.yaml").write_text(POLICY)
    return here


@pytest.fixture(scope="module")
def importing_platform(folder: Path) -> Iterator[RunningPlatform]:
    settings = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TOOLMESH_TOOL_HOST_SECRET_ALBUMS": "albums-token",
        "TOOLMESH_TOOL_HOST_SECRET_WEATHER": "weather-token",
        "TOOLMESH_TOOL_ROUTER_POLICY_FILE": str(folder / "policy.yaml"),
    }
    running = start_platform(folder / "data", **settings)
    yield running
    stop_platform(running)


@pytest.mark.timeout(300)
def test_the_commands_of_the_page_show_what_they_should(
    importing_platform: RunningPlatform, folder: Path, peers: Peers
) -> None:
    assert len(COMMANDS) == len(EXPECTED)
    env = {**importing_platform.env, "COLUMNS": "160", "NO_COLOR": "1"}
    for command, words in zip(COMMANDS, EXPECTED, strict=True):
        started = time.monotonic()
        done = subprocess.run(
            ["bash", "-eu", "-c", peers.in_place(command)],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=90,
            check=False,
        )
        shown = f"{command}: {time.monotonic() - started:.1f} s\n{done.stdout}"
        assert done.returncode == 0, shown
        assert [word for word in words if word not in done.stdout] == [], shown
        print(shown)
    tools = importing_platform.cli("tools", "list", "--tag", "grpc")
    assert "Kinds_Count" in tools
