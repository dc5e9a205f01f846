"""The tools of this service."""

from typing import Any

from toolmesh_tool_data.api.chart_tools import draw_chart, render_vega_lite
from toolmesh_tool_data.api.look_up_tools import get_weather, search_documents
from toolmesh_tool_data.api.note_tools import delete_note, find_notes, list_notes, write_note
from toolmesh_tool_data.api.sheet_tools import read_cells, write_sheet
from toolmesh_tool_data.api.table_tools import describe_table, find_rows, list_tables, query_table, summarize_column
from toolmesh_tool_data.api.text_tools import count_occurrences, text_statistics
from toolmesh_toolkit import ToolFunction

TOOLS: list[ToolFunction[..., Any]] = [
    list_tables,
    describe_table,
    find_rows,
    summarize_column,
    query_table,
    read_cells,
    write_sheet,
    draw_chart,
    render_vega_lite,
    text_statistics,
    count_occurrences,
    search_documents,
    get_weather,
    write_note,
    find_notes,
    list_notes,
    delete_note,
]
