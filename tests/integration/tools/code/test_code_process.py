"""The code interpreter as the process it is in production, called over gRPC."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest_asyncio

from toolmesh.memory.v1 import memory_service_pb2, memory_service_pb2_grpc
from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_core.errors import NotFound
from toolmesh_core.service import Service
from toolmesh_testing import ServiceProcess, process, serving

MODULE = "toolmesh_tool_code"


async def result_of(
    address: str, tool: str, arguments: dict[str, Any], user: str = "ann", session: str = "s1"
) -> tool_pb2.ToolResult:
    request = tool_service_pb2.InvokeToolRequest(
        tool=tool, arguments_json=json.dumps(arguments), context=tool_pb2.CallContext(user=user, session=session)
    )
    async with connect(address) as channel:
        events = [event async for event in tool_service_pb2_grpc.ToolServiceStub(channel).InvokeTool(request)]
    return events[-1].result


async def call(address: str, tool: str, arguments: dict[str, Any], user: str = "ann", session: str = "s1") -> Any:
    """The tool's output, or its failure's reason."""
    result = await result_of(address, tool, arguments, user, session)
    return json.loads(result.output_json) if result.output_json else result.failure.reason


async def tools_of(address: str) -> list[str]:
    async with connect(address) as channel:
        page = await tool_service_pb2_grpc.ToolServiceStub(channel).ListTools(tool_service_pb2.ListToolsRequest())
    return [tool.name for tool in page.tools]


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[ServiceProcess]:
    env = {"TOOLMESH_TOOL_CODE_DATA_DIR": str(tmp_path), "TOOLMESH_TOOL_CODE_MAX_SESSIONS_PER_USER": "3"}
    async with process(MODULE, env, log_path=tmp_path / "log") as started:
        yield started


async def test_a_conversation_keeps_its_variables_and_others_have_their_own(served: ServiceProcess) -> None:
    first = await call(served.address, "run_python", {"code": "secret = 7\nprint('hi')\nsecret"})
    assert (first["stdout"], first["value"], first["session_is_new"]) == ("hi\n", "7", True)
    again = await call(served.address, "run_python", {"code": "secret"})
    assert (again["value"], again["session_is_new"]) == ("7", False)
    for user, session in (("bob", "s1"), ("ann", "s2"), ("", "s1")):
        other = await call(served.address, "run_python", {"code": "secret"}, user, session)
        assert (other["error"]["type"], other["session_is_new"]) == ("NameError", True)
    named = await call(served.address, "run_python", {"code": "secret", "session": "other"})
    assert named["error"]["type"] == "NameError"


async def test_a_reset_forgets_all_and_twice_is_once(served: ServiceProcess) -> None:
    await call(served.address, "run_python", {"code": "x = 1"})
    assert await call(served.address, "reset_python_session", {}) == {"there_was_one": True}
    assert await call(served.address, "reset_python_session", {}) == {"there_was_one": False}
    assert (await call(served.address, "run_python", {"code": "x"}))["session_is_new"]


async def test_files_go_in_as_text_or_base64_and_come_back_as_artifacts(served: ServiceProcess) -> None:
    arguments = {
        "code": "open('out.csv', 'w').write(open('in.csv').read().upper())\nNone",
        "files": [{"name": "in.csv", "text": "a,b\n"}],
        "return_files": ["out.csv"],
    }
    result = await result_of(served.address, "run_python", arguments)
    [file] = json.loads(result.output_json)["files"]
    assert (file["file_name"], file["media_type"], file["size_bytes"]) == ("out.csv", "text/csv", 4)
    assert [(one.file_name, one.content) for one in result.contents] == [("out.csv", b"A,B\n")]
    for bad in ({"name": "../x", "text": "x"}, {"name": "/etc/x"}, {"name": ""}):
        assert await call(served.address, "run_python", {"code": "1", "files": [bad]}) == "BAD_FILE_NAME"
    broken = [{"name": "x", "base64": "?"}]
    assert await call(served.address, "run_python", {"code": "1", "files": broken}) == "BAD_BASE64"


CONTENT = b"\x89kept"
KEPT = f"sha256-{hashlib.sha256(CONTENT).hexdigest()}"


class FakeMemory(memory_service_pb2_grpc.MemoryServiceServicer):
    """Keeps one artifact of ann's."""

    async def ReadArtifact(
        self, request: memory_service_pb2.ReadArtifactRequest, context: Any
    ) -> AsyncIterator[memory_service_pb2.ReadArtifactResponse]:
        if (request.user, request.artifact) != ("ann", KEPT):
            raise NotFound("no such artifact")
        yield memory_service_pb2.ReadArtifactResponse(chunk=CONTENT)


async def test_an_artifact_of_the_caller_is_put_into_the_folder_and_nobody_elses(tmp_path: Path) -> None:
    memory = Service(registrations=[(memory_service_pb2_grpc.add_MemoryServiceServicer_to_server, FakeMemory())])
    env = {"TOOLMESH_TOOL_CODE_DATA_DIR": str(tmp_path)}
    arguments = {"code": "open('in.bin', 'rb').read()", "files": [{"name": "in.bin", "artifact": KEPT}]}
    async with (
        serving(memory) as address,
        process(MODULE, env | {"TOOLMESH_TOOL_CODE_MEMORY_ADDRESS": address}) as started,
    ):
        assert (await call(started.address, "run_python", arguments))["value"] == repr(CONTENT)
        assert await call(started.address, "run_python", arguments, user="bob") == "UNKNOWN_ARTIFACT"
        wrong = {"code": "1", "files": [{"name": "a", "artifact": "../x"}]}
        assert await call(started.address, "run_python", wrong) == "UNKNOWN_ARTIFACT"


async def test_a_session_that_its_program_ended_is_told_and_the_next_call_has_a_new_one(served: ServiceProcess) -> None:
    result = await call(served.address, "run_python", {"code": "import os\nos._exit(1)"})
    assert (result["session_ended"], result["error"]["type"]) == (True, "SessionEnded")
    assert (await call(served.address, "run_python", {"code": "1 + 1"}))["value"] == "2"


async def test_without_a_user_no_session_stays(served: ServiceProcess) -> None:
    await call(served.address, "run_python", {"code": "1"}, user="")
    assert psutil.Process(served.pid).children() == []


async def test_a_drain_and_a_kill_leave_no_process_behind(tmp_path: Path) -> None:
    for end in (ServiceProcess.terminate, ServiceProcess.kill):
        async with process(MODULE, {"TOOLMESH_TOOL_CODE_DATA_DIR": str(tmp_path)}) as started:
            await call(started.address, "run_python", {"code": "1"})
            inside = psutil.Process(started.pid).children(recursive=True)
            assert len(inside) >= 3
            end(started)
            await started.wait()
            assert psutil.wait_procs(inside, timeout=10)[1] == []


async def test_where_bubblewrap_is_missing_the_service_says_so_in_one_line_and_offers_no_tool(tmp_path: Path) -> None:
    """`bubblewrap_is_missing` in the name: this one runs without it, too."""
    log = tmp_path / "log"
    env = {"TOOLMESH_TOOL_CODE_DATA_DIR": str(tmp_path), "TOOLMESH_TOOL_CODE_BUBBLEWRAP": "/nowhere/bwrap"}
    async with process(MODULE, env, log_path=log) as started:
        assert await tools_of(started.address) == []
    said = [line for line in log.read_text().splitlines() if "offers no tool" in line]
    assert len(said) == 1
    assert "install bubblewrap" in said[0]
