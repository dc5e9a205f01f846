"""Tools that draw charts as PNG pictures."""

import base64
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_tool_data.bootstrap import Desk
from toolmesh_tool_data.domain.simple_chart import Cell, Kind, simple_chart
from toolmesh_tool_data.domain.vega_lite_spec import check_spec
from toolmesh_toolkit import Artifact, Example, ToolContext, tool

LIMIT = timedelta(seconds=40)
Column = Annotated[str, Field(min_length=1, max_length=100)]


class Chart(TypedDict):
    """A chart that was drawn."""

    chart: Artifact


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("charts",),
    version="1",
    examples=[
        Example(
            "Draw a bar chart picture of how many apples and pears there are",
            {
                "kind": "bar",
                "rows": [{"fruit": "apples", "number": 3}, {"fruit": "pears", "number": 5}],
                "x": "fruit",
                "y": "number",
            },
        ),
        "Make a line chart of the temperature over the days",
        "Plot these data points as a scatter chart",
        Example(
            "画一个饼图，显示各部分的占比",
            {
                "kind": "pie",
                "rows": [{"name": "A", "share": 60}, {"name": "B", "share": 40}],
                "x": "name",
                "y": "share",
            },
        ),
    ],
)
async def draw_chart(
    kind: Annotated[Kind, Field(description="The kind of chart; in a pie x is the label and y the share.")],
    rows: Annotated[
        list[dict[str, Cell]],
        Field(min_length=1, max_length=5000, description='The data, such as [{"fruit": "apple", "number": 3}].'),
    ],
    x: Annotated[Column, Field(description="The column along the horizontal axis.")],
    y: Annotated[Column, Field(description="The column of numbers on the vertical axis.")],
    context: ToolContext[Desk],
    colour: Annotated[str, Field(max_length=100, description="The column whose values get a colour each.")] = "",
    title: Annotated[str, Field(max_length=200, description="The title above the chart.")] = "",
) -> Chart:
    """Draw a bar, line, scatter, area or pie chart of data as a PNG picture."""
    return await _draw(context, simple_chart(kind, rows, x, y, colour, title))


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("charts",),
    version="1",
    examples=[
        Example(
            "Render this Vega-Lite spec as a PNG",
            {
                "spec": {
                    "data": {"values": [{"a": 1, "b": 2}, {"a": 2, "b": 3}]},
                    "mark": "point",
                    "encoding": {
                        "x": {"field": "a", "type": "quantitative"},
                        "y": {"field": "b", "type": "quantitative"},
                    },
                }
            },
        ),
        "把这个 Vega-Lite 规范渲染成图片",
    ],
)
async def render_vega_lite(
    spec: Annotated[
        dict[str, Any],
        Field(
            description='The Vega-Lite 5 or 6 spec, with its rows in "data": {"values": [...]}; addresses are refused.'
        ),
    ],
    context: ToolContext[Desk],
) -> Chart:
    """Render a whole Vega-Lite JSON specification as a PNG picture."""
    return await _draw(context, spec)


async def _draw(context: ToolContext[Desk], spec: dict[str, Any]) -> Chart:
    check_spec(spec)
    answer = await context.state.charts.ask("draw", spec=spec)
    return Chart(chart=Artifact("image/png", base64.b64decode(answer["png"]), "chart.png"))
