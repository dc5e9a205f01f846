"""Files among a tool's output: the bytes go beside the JSON, which names them."""

import hashlib
import json

from pydantic import BaseModel

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2
from toolmesh_toolkit import Artifact, ToolServicer, tool

PNG = b"\x89PNG\r\n\x1a\nrest"
ID = f"sha256-{hashlib.sha256(PNG).hexdigest()}"


class Drawing(BaseModel):
    """A picture with its size."""

    width: int
    pictures: list[Artifact]


@tool
def draw(times: int = 1) -> Drawing:
    """Draw a picture."""
    return Drawing(width=3, pictures=[Artifact("image/png", PNG, "drawing.png")] * times)


@tool
def draw_anything() -> dict[str, object]:
    """Draw without saying what comes back."""
    return {"picture": Artifact("image/png", PNG)}


async def result_of(name: str, arguments: str = "{}", max_output_bytes: int = 1000) -> tool_pb2.ToolResult:
    servicer = ToolServicer([draw, draw_anything], max_output_bytes=max_output_bytes)
    request = tool_service_pb2.InvokeToolRequest(tool=name, arguments_json=arguments)
    return [event async for event in servicer.InvokeTool(request, None)][-1].result


async def test_the_output_names_a_file_and_the_bytes_lie_beside_it() -> None:
    result = await result_of("draw")
    assert json.loads(result.output_json)["pictures"] == [
        {"artifact": ID, "media_type": "image/png", "file_name": "drawing.png", "size_bytes": len(PNG)}
    ]
    assert [(one.media_type, one.file_name, one.content) for one in result.contents] == [
        ("image/png", "drawing.png", PNG)
    ]


async def test_the_same_file_twice_travels_once() -> None:
    assert len((await result_of("draw", '{"times": 3}')).contents) == 1


async def test_a_file_is_found_where_no_type_is_declared() -> None:
    result = await result_of("draw_anything")
    assert json.loads(result.output_json)["picture"]["artifact"] == ID
    assert len(result.contents) == 1


async def test_the_bytes_count_as_output() -> None:
    assert (await result_of("draw", max_output_bytes=200)).failure.reason == "OUTPUT_TOO_LARGE"


def test_the_schema_says_what_the_llm_sees() -> None:
    schema = json.loads(draw.definition.output_schema_json)
    assert set(schema["$defs"]["ArtifactNote"]["properties"]) == {"artifact", "media_type", "file_name", "size_bytes"}
