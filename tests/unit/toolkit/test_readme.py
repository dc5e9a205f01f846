"""The toolkit's README does what it says."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

from toolmesh.tool.v1 import tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_testing import process

README = Path(__file__).parents[3] / "libs" / "toolkit" / "README.md"


def write_tools(folder: Path) -> str:
    text = README.read_text()
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    (folder / "greeting_tools.py").write_text(textwrap.dedent("   " + found.group(1).lstrip()))
    return text


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
