"""The gateway as a process: its key, bad starts, and how it stops."""

import asyncio
import json
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

# One gateway serves all tests here, on one loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def outcome_of(folder: Path, **env: str) -> tuple[int, list[str]]:
    """Exit code and standard error of a gateway that should not start."""
    settings = {
        "PATH": "/usr/bin:/bin",
        "TOOLMESH_GATEWAY_HTTP_PORT": "0",
        "TOOLMESH_GATEWAY_LISTEN": "127.0.0.1:0",
        "TOOLMESH_GATEWAY_DATA_DIR": str(folder),
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "toolmesh_gateway", env=settings | env, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(started.communicate(), 20)
    assert started.returncode is not None
    # Log lines are JSON, and gRPC's own library prints beside us.
    lines = [line for line in errors.decode().splitlines() if not line.startswith("{") and ".cc:" not in line]
    return started.returncode, lines


@pytest.mark.parametrize("face", ["HTTP", "gRPC"])
async def test_a_taken_port_is_one_clear_line(tmp_path: Path, face: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        name = "TOOLMESH_GATEWAY_HTTP_PORT" if face == "HTTP" else "TOOLMESH_GATEWAY_LISTEN"
        code, lines = await outcome_of(tmp_path, **{name: str(port) if face == "HTTP" else f"127.0.0.1:{port}"})
    assert code == 1
    (line,) = lines
    assert str(port) in line


async def test_bad_settings_are_all_listed(tmp_path: Path) -> None:
    env = {"TOOLMESH_GATEWAY_RATE_PER_S": "-1", "TOOLMESH_API_KEY": "short", "TOOLMESH_GATEWAY_HTTP_PORT": "99999"}
    code, lines = await outcome_of(tmp_path, **env)
    assert code == 2
    assert len(lines) == 3
    assert "short" not in "\n".join(lines)


async def test_a_wrong_keys_file_is_told(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text("[[keys]]\nname = 'a'\n")
    code, lines = await outcome_of(tmp_path, TOOLMESH_GATEWAY_KEYS_FILE=str(keys))
    assert code == 1
    assert str(keys) in lines[0]
    assert len(lines) == 4


async def test_a_key_is_made_at_the_first_start_and_kept(tmp_path: Path, neighbours: Any, start_gateway: Any) -> None:
    for _ in range(2):
        async with start_gateway(tmp_path, neighbours.address, TOOLMESH_API_KEY="") as gateway:
            path = tmp_path / "data" / "api_key"
            key = path.read_text().strip()
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            async with gateway.http(key) as http:
                assert (await http.get("/v1/tools")).status_code == 200
            assert key not in gateway.log.read_text()


async def test_stopping_finishes_what_runs_and_ends_streams(own_gateway: Any, neighbours: Any) -> None:
    async with own_gateway.http() as http:
        made = await http.post("/v1/runs", json={"input": "forever"})
        assert made.status_code == 200, made.text
        run = made.json()["id"]
        async with http.stream("GET", f"/v1/runs/{run}:stream") as reply:
            lines = reply.aiter_lines()
            assert (await anext(lines)).startswith("id: 1")
            own_gateway.process.terminate()
            rest = [line async for line in lines]
    assert any("the gateway is stopping" in line for line in rest)
    assert await asyncio.wait_for(own_gateway.process.wait(), 10) == 0
    assert not neighbours.planner.cancelled.is_set()
    with pytest.raises(httpx.ConnectError):
        async with own_gateway.http() as http:
            await http.get("/healthz")


async def test_a_call_under_way_is_finished_before_the_gateway_stops(own_gateway: Any, neighbours: Any) -> None:
    async with own_gateway.http() as http:
        slow = asyncio.create_task(http.post("/v1/tools/slow:invoke", json={}, headers={"request-timeout": "1"}))
        await asyncio.wait_for(neighbours.tool_router.called.wait(), 10)
        own_gateway.process.terminate()
        assert (await slow).status_code == 504
    assert await asyncio.wait_for(own_gateway.process.wait(), 10) == 0


async def test_logs_hold_no_prompt_and_no_argument(gateway: Any) -> None:
    async with gateway.http() as http:
        await http.post("/v1/runs", json={"input": "my secret question"})
        await http.post("/v1/tools/echo:invoke", json={"arguments": {"password": "my secret argument"}})
        await http.get("/v1/tools", headers={"authorization": "Bearer my-secret-key"})
    log = gateway.log.read_text()
    assert "secret" not in log
    assert all(json.loads(line)["service"] == "gateway" for line in log.splitlines())
