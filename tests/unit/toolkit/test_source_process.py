"""A file of tools served by `toolmesh_toolkit.serve`, as `tools run` and `tools test` do it."""

from pathlib import Path

import pytest

from toolmesh.tool.v1 import tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_core.errors import Unavailable
from toolmesh_toolkit.source_process import service_name_of, source_process

TOOL = '''
from toolmesh_toolkit import tool

@tool
def double(a: int) -> int:
    """Double a number."""
    return 2 * a
'''


async def test_a_file_is_served_and_drains(tmp_path: Path) -> None:
    source = tmp_path / "Double-Tools.v2"
    source.mkdir()
    (source / "double.py").write_text(TOOL)
    with (tmp_path / "log").open("wb") as log:
        async with source_process(source, log=log) as process, connect(process.address) as channel:
            stub = tool_service_pb2_grpc.ToolServiceStub(channel)
            request = tool_service_pb2.InvokeToolRequest(tool="double", arguments_json='{"a": 4}')
            [answer] = [answer async for answer in stub.InvokeTool(request)]
            assert (process.name, answer.result.output_json) == ("double_tools_v2", "8")
            assert await process.drain() == 0


async def test_a_source_that_cannot_be_served_is_told_with_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    with (tmp_path / "log").open("wb") as log, pytest.raises(Unavailable, match="'empty' ended with 65"):
        async with source_process(tmp_path / "empty.py", log=log):
            pass
    assert "no @tool in empty.py" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("path", "name"), [("greet.py", "greet"), ("My-Tools.v2", "my_tools_v2"), ("__", "tools"), ("x_", "x")]
)
def test_a_service_is_named_after_its_file_or_folder(tmp_path: Path, path: str, name: str) -> None:
    if path.endswith(".py"):
        (tmp_path / path).write_text("")
    assert service_name_of(tmp_path / path) == name
