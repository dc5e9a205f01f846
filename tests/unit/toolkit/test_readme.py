"""The toolkit's README does what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from toolmesh.tool.v1 import tool_service_pb2, tool_service_pb2_grpc
from toolmesh_cli.app import app
from toolmesh_core.channel import connect
from toolmesh_testing import process, serving
from toolmesh_toolkit import tool_service
from toolmesh_toolkit.contract import ServedTools, check_calls, check_descriptions
from toolmesh_toolkit.source_folder import load_tools

README = Path(__file__).parents[3] / "libs" / "toolkit" / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def write_tools(folder: Path) -> str:
    """Saves the first block as the README names it; gives the README."""
    (folder / "greeting_tools.py").write_text(BLOCKS[0])
    return README.read_text()


@pytest.mark.parametrize("place", range(len(BLOCKS)))
async def test_each_example_keeps_the_contract_of_every_tool(tmp_path: Path, place: int) -> None:
    (tmp_path / f"readme_tools_{place}.py").write_text(BLOCKS[place])
    tools = load_tools(tmp_path)
    async with serving(tool_service(tools)) as address, connect(address) as channel:
        served = ServedTools(tools, address, tool_service_pb2_grpc.ToolServiceStub(channel))
        verdicts = [*check_descriptions(tools), *[verdict async for verdict in check_calls(served)]]
    assert [verdict for verdict in verdicts if not verdict.kept] == []


def test_each_command_it_names_is_there() -> None:
    groups = get_command(app).commands["tools"].commands  # type: ignore[attr-defined]
    named = set(re.findall(r"`(?:toolmesh )?tools ([a-z-]+)", README.read_text()))
    assert len(named) > 6
    assert named <= set(groups), named - set(groups)


def test_the_function_can_be_tried_as_written(tmp_path: Path) -> None:
    command = re.search(r'`python -c "(.*)"`', write_tools(tmp_path))
    assert command is not None
    done = subprocess.run(
        [sys.executable, "-c", command.group(1)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "Ada，你好！\n"


async def test_the_file_serves_its_tool(tmp_path: Path) -> None:
    assert "python greeting_tools.py" in write_tools(tmp_path)
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    async with (
        process("greeting_tools", env, log_path=tmp_path / "log") as started,
        connect(started.address) as channel,
    ):
        stub = tool_service_pb2_grpc.ToolServiceStub(channel)
        request = tool_service_pb2.InvokeToolRequest(tool="greet", arguments_json='{"name": "Ada", "language": "zh"}')
        [response] = [response async for response in stub.InvokeTool(request)]
    assert response.result.output_json == '"Ada，你好！"'
