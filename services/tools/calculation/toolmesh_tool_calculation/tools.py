"""The tools of this service."""

from typing import Any

from toolmesh_tool_calculation.api.number_tools import calculate, convert_currency, convert_units
from toolmesh_tool_calculation.api.time_tools import (
    add_to_date,
    convert_time,
    current_time,
    date_difference,
    get_weekday,
)
from toolmesh_toolkit import ToolFunction

TOOLS: list[ToolFunction[..., Any]] = [
    calculate,
    convert_units,
    convert_currency,
    current_time,
    convert_time,
    date_difference,
    add_to_date,
    get_weekday,
]
