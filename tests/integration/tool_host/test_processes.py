"""The processes of deployments: what they know, what they may use, how they end and come back."""

import asyncio
import json
import os
import re
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from toolmesh.tool_host.v1 import deployment_pb2
from toolmesh.tool_host.v1 import tool_host_service_pb2 as pb
from toolmesh_core.errors import FailedPrecondition, InvalidInput, NotFound, ToolMeshError

pytestmark = pytest.mark.asyncio(loop_scope="module")
Host = Any  # of the conftest
FileOf = Callable[..., str]
READY = deployment_pb2.DEPLOYMENT_STATE_READY
MIB = 2**20


def doing(expression: str) -> str:
    """Arguments that make a tool carry out an expression."""
    return json.dumps({"do": expression})


async def test_a_process_knows_no_secret_that_its_source_does_not_name(host: Host, file_of: FileOf) -> None:
    await host.deploy("blind", {"tools.py": file_of("blind_tool")})
    said = await host.call("blind_tool", doing("sorted(os.environ)"))
    # What begins with GRPC_ the process sets itself.
    assert {name for name in re.findall(r"'(\w+)'", said) if not name.startswith("GRPC_")} <= {
        "HOME", "LANG", "PATH", "LC_CTYPE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "TOOLMESH_TOOL_HOST_MARKER",
        "TOOLMESH_TOOL_BLIND_LISTEN", "TOOLMESH_TOOL_BLIND_LOG_LEVEL", "TOOLMESH_TOOL_BLIND_DRAIN_TIMEOUT_S",
    }  # fmt: skip


async def test_a_process_can_gain_no_rights_and_keeps_none_but_those_for_files(host: Host, file_of: FileOf) -> None:
    await host.deploy("meek", {"tools.py": file_of("meek_tool")})
    said = await host.call("meek_tool", doing("open('/proc/self/status').read()"))
    status = dict(re.findall(r"(\w+):\t(\w+)", json.loads(said)))
    assert status["NoNewPrivs"] == "1"
    # As root it has CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH and FOWNER at most, as nobody special none.
    assert int(status["CapEff"], 16) & ~0b1111 == 0
    if os.geteuid() == 0:
        reading = "open(f'/proc/{os.getppid()}/environ').read()"
        assert "key-of-the-platform" not in await host.call("meek_tool", doing(reading))


async def test_a_process_gets_the_secret_that_its_source_names(host: Host, file_of: FileOf) -> None:
    await host.deploy("told", {"tools.py": file_of("told_tool")}, "WEATHER_KEY")
    assert await host.call("told_tool", doing("os.environ['WEATHER_KEY']")) == '"1 sunny"'
    assert "sunny" not in (host.data / "deployments" / "told" / "manifest.json").read_text()


@pytest.mark.parametrize(
    ("secret", "error", "message"),
    [
        ("NO_SUCH", FailedPrecondition, "set TOOLMESH_TOOL_HOST_SECRET_NO_SUCH"),
        ("LD_PRELOAD", InvalidInput, "steers the process"),
        ("../x", InvalidInput, "must begin with a letter"),
    ],
)
async def test_a_secret_that_cannot_be_given_is_refused(
    host: Host, file_of: FileOf, secret: str, error: type[ToolMeshError], message: str
) -> None:
    with pytest.raises(error, match=message):
        await host.deploy("asking", {"tools.py": file_of("asking_tool")}, secret)


async def test_requirements_are_installed_for_this_deployment_alone(
    host: Host, file_of: FileOf, wheel_of: Callable[..., bytes]
) -> None:
    requirements = "--no-index\n./wheels/tinypack-1.0-py3-none-any.whl\n"
    files = {
        "tools.py": "import tinypack\n" + file_of("packed_tool"),
        "requirements.txt": requirements,
        "wheels/tinypack-1.0-py3-none-any.whl": wheel_of("tinypack", "1.0"),
    }
    assert "installing requirements.txt" in await host.stages("packed", files)
    assert await host.call("packed_tool", doing("tinypack.VERSION")) == '"1 1.0"'
    environment = json.loads((host.data / "deployments" / "packed" / "manifest.json").read_text())["environment"]
    assert "installing requirements.txt" not in await host.stages("packed", files, memory_bytes=512 * MIB)
    await host.deploy("unpacked", {"tools.py": file_of("unpacked_tool")})
    assert "ModuleNotFoundError" in await host.call("unpacked_tool", doing("__import__('tinypack')"))
    await host.remove("packed")
    assert not (host.data / "environments" / environment).exists()


async def test_what_pip_says_is_told_in_one_line(host: Host, file_of: FileOf, wheel_of: Callable[..., bytes]) -> None:
    files = {"tools.py": file_of("unmet_tool"), "requirements.txt": "--no-index\nno-such-package\n"}
    with pytest.raises(FailedPrecondition, match=r"not installed: .*no-such-package") as caught:
        await host.deploy("unmet", files)
    assert "\n" not in caught.value.message
    files["requirements.txt"] = "--no-index\n./old-1.0-py3-none-any.whl\n"
    files |= {"old-1.0-py3-none-any.whl": wheel_of("old", "1.0", "grpcio<1.40")}
    with pytest.raises(FailedPrecondition, match=r"conflict.*old 1\.0 depends on grpcio<1\.40"):
        await host.deploy("unmet", files)


async def test_a_process_that_dies_comes_back_and_is_called_again(host: Host, file_of: FileOf) -> None:
    await host.deploy("mortal", {"tools.py": file_of("mortal_tool")})
    for times in (1, 2):
        with pytest.raises(ToolMeshError):
            await host.call("mortal_tool", doing("os._exit(9)"))
        found = await host.until(
            "mortal",
            lambda now, least=times: now.state == READY and now.restarts >= least,  # type: ignore[misc]
        )
        assert found.version == 1
        assert await host.until_called("mortal_tool") == '"1"'


async def test_memory_over_the_limit_is_refused_to_a_process(host: Host, file_of: FileOf) -> None:
    await host.deploy("hungry", {"tools.py": file_of("hungry_tool")}, memory_bytes=256 * MIB)
    assert "MemoryError" in await host.call("hungry_tool", doing("len(bytearray(300 * 2**20))"))
    raising = "__import__('resource').setrlimit(__import__('resource').RLIMIT_DATA, (2**40, 2**40))"
    assert "failed unexpectedly" in await host.call("hungry_tool", doing(raising))
    assert await host.call("hungry_tool") == '"1"'


async def test_memory_of_all_its_processes_together_is_bounded(host: Host, file_of: FileOf) -> None:
    await host.deploy("gang", {"tools.py": file_of("gang_tool")}, memory_bytes=256 * MIB)
    eating = "import time; x = bytearray(150 * 2**20); time.sleep(60)"
    spawning = f"[subprocess.Popen([sys.executable, '-c', {eating!r}], start_new_session=True) for _ in range(2)]"
    with pytest.raises(ToolMeshError):
        await host.call("gang_tool", json.dumps({"do": f"({spawning}, time.sleep(50))"}))
    await host.until("gang", lambda now: now.restarts >= 1)
    assert "MiB is its limit" in await host.log("gang")
    assert await asyncio.to_thread(_running, eating) == []


async def test_processes_over_the_limit_are_ended(host: Host, file_of: FileOf) -> None:
    await host.deploy("crowd", {"tools.py": file_of("crowd_tool")}, processes=48)
    spawning = "[subprocess.Popen(['sleep', '61.5']) for _ in range(60)]"
    with pytest.raises(ToolMeshError):
        await host.call("crowd_tool", json.dumps({"do": f"({spawning}, time.sleep(50))"}))
    await host.until("crowd", lambda now: now.restarts >= 1)
    assert "48 is its limit" in await host.log("crowd")
    assert await asyncio.to_thread(_running, "61.5") == []


async def test_a_limit_that_leaves_no_room_is_refused(host: Host, file_of: FileOf) -> None:
    with pytest.raises(InvalidInput, match="memory_bytes"):
        await host.deploy("tiny", {"tools.py": file_of("tiny_tool")}, memory_bytes=MIB)


async def test_removing_lets_a_call_under_way_end_and_leaves_nothing(host: Host, file_of: FileOf) -> None:
    await host.deploy("leaving", {"tools.py": file_of("leaving_tool")})
    spawning = json.dumps({"seconds": 2, "do": "subprocess.Popen(['sleep', '62.5'], start_new_session=True).pid"})
    slow = asyncio.create_task(host.call("leaving_tool", spawning))
    await asyncio.sleep(0.2)  # nothing tells that it has reached the tool
    await host.remove("leaving")
    assert (await slow).startswith('"1 ')
    with pytest.raises(NotFound):
        await host.call("leaving_tool")
    with pytest.raises(NotFound):
        await host.get("leaving")
    assert not (host.data / "deployments" / "leaving").exists()
    assert await asyncio.to_thread(_running, "62.5") == []
    await host.remove("leaving")


async def test_who_follows_a_log_gets_new_lines_until_the_deployment_goes(host: Host, file_of: FileOf) -> None:
    await host.deploy("chatty", {"tools.py": file_of("chatty_tool")})
    lines: list[str] = []

    async def follow() -> None:
        async for response in host.stub.ReadLogs(pb.ReadLogsRequest(name="chatty", tail_lines=1, follow=True)):
            lines.extend(response.lines)

    following = asyncio.create_task(follow())
    await host.call("chatty_tool", doing("print('hello there', flush=True)"))
    await host.remove("chatty")
    await following
    assert "hello there" in lines


def _running(argument: str) -> list[int]:
    """Processes that were started with this argument and are not just waiting to be buried."""
    found = psutil.process_iter(["cmdline", "status"])
    return [
        item.pid
        for item in found
        if argument in (item.info["cmdline"] or []) and item.info["status"] != psutil.STATUS_ZOMBIE
    ]
