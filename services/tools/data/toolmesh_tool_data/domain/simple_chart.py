"""Makes a Vega-Lite spec of the few words in which charts are asked for."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.domain.names import find_column

Kind = Literal["bar", "line", "point", "area", "pie"]
Cell = str | int | float | bool | None
Row = Mapping[str, Cell]

SIDE = 400
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?)?")


def simple_chart(kind: Kind, rows: Sequence[Row], x: str, y: str, colour: str, title: str) -> dict[str, Any]:
    """The spec of a chart of y over x, one series for each value of the column `colour`.

    Raises:
        ToolError: NO_ROWS, UNKNOWN_COLUMN, NOT_NUMERIC.
    """
    if not rows:
        raise ToolError("there are no rows: give at least one", reason="NO_ROWS")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    across, up = (find_column(asked, columns, "rows") for asked in (x, y))
    series = find_column(colour, columns, "rows") if colour else ""
    if _type_of(rows, up) != "quantitative":
        raise ToolError(f"column {up!r} must hold numbers only, since y is drawn as a length", reason="NOT_NUMERIC")
    encoding = _pie(across, up) if kind == "pie" else _axes(kind, rows, across, up, series)
    mark = {"type": "arc" if kind == "pie" else kind, "tooltip": False}
    if kind == "line":
        mark["point"] = len(rows) <= 50
    return {
        "data": {"values": [dict(row) for row in rows]},
        "width": SIDE,
        "height": SIDE * 3 // 4,
        "mark": mark,
        "encoding": encoding,
        **({"title": title} if title else {}),
    }


def _pie(label: str, share: str) -> dict[str, Any]:
    return {
        "theta": {"field": _path(share), "type": "quantitative", "title": share, "stack": True},
        "color": {"field": _path(label), "type": "nominal", "title": label, "sort": None},
    }


def _axes(kind: Kind, rows: Sequence[Row], x: str, y: str, series: str) -> dict[str, Any]:
    kind_of_x = _type_of(rows, x)
    if kind == "bar" and kind_of_x == "quantitative":
        kind_of_x = "ordinal"
    across: dict[str, Any] = {"field": _path(x), "type": kind_of_x, "title": x}
    if kind_of_x in ("nominal", "ordinal"):
        across["sort"] = None
    encoding = {"x": across, "y": {"field": _path(y), "type": "quantitative", "title": y}}
    if series:
        encoding["color"] = {"field": _path(series), "type": "nominal", "title": series, "sort": None}
    return encoding


def _type_of(rows: Sequence[Row], column: str) -> str:
    values = [row[column] for row in rows if row.get(column) is not None]
    if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return "quantitative"
    if values and all(isinstance(value, str) and _DATE.fullmatch(value) for value in values):
        return "temporal"
    return "nominal"


def _path(column: str) -> str:
    """A field's name, in which Vega-Lite takes dots and brackets for a way into an object."""
    return re.sub(r"([\\.\[\]'\"])", r"\\\1", column)
