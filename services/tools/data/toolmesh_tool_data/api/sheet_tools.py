"""Tools over cells of spreadsheets: reading a range, writing a new sheet."""

import base64
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_tool_data.bootstrap import Desk
from toolmesh_tool_data.domain.new_sheet import Cell
from toolmesh_toolkit import Artifact, Example, ToolContext, tool

LIMIT = timedelta(seconds=30)
_MEDIA_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


class SheetCells(TypedDict):
    """Rows of cells from `first_cell` on. `next_row`: the row to go on from, where there are more."""

    file: str
    sheet: str
    sheets: list[str]
    first_cell: str
    rows: list[list[Any]]
    next_row: int | None
    columns_left_out: bool


class WrittenSheet(TypedDict):
    """What was written; the file itself is an artifact where it is not too large."""

    file: str
    rows_written: int
    artifact: Artifact | None


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("tables", "spreadsheets"),
    version="1",
    examples=[
        Example("Read the spreadsheet cells A1:D10 of sales.csv", {"file": "sales.csv", "cells": "A1:D10"}),
        "Show the cell range of the worksheet Plan in budget.xlsx",
        Example("读取电子表格 sales.csv 里 A1:C5 单元格的内容", {"file": "sales.csv", "cells": "A1:C5"}),
    ],
)
async def read_cells(
    file: Annotated[str, Field(min_length=1, max_length=200, description='The file, such as "budget.xlsx".')],
    context: ToolContext[Desk],
    sheet: Annotated[str, Field(max_length=60, description="The worksheet; empty for the first.")] = "",
    cells: Annotated[str, Field(max_length=30, description='The range, such as "A1:D20"; empty for all.')] = "",
) -> SheetCells:
    """Read spreadsheet cells by their addresses: a cell range of one worksheet in an XLSX or CSV file.

    Formulas give their last computed value.
    """
    found: Any = await context.state.tables.ask("read_sheet", file=file, sheet=sheet, cells=cells)
    answer: SheetCells = found
    return answer


@tool(
    timeout=LIMIT,
    tags=("tables", "spreadsheets"),
    version="1",
    examples=[
        Example(
            "Create the Excel file fruit.xlsx with the columns fruit and price",
            {"file": "fruit.xlsx", "columns": ["fruit", "price"], "rows": [["apple", 1.2], ["pear", 0.9]]},
        ),
        "Add a worksheet to the workbook budget.xlsx",
        "新建一个 Excel 文件 report.xlsx",
    ],
)
async def write_sheet(
    file: Annotated[
        str,
        Field(min_length=1, max_length=100, description='The file to write, such as "report.xlsx" or "report.csv".'),
    ],
    columns: Annotated[list[str], Field(min_length=1, max_length=200, description="The names of the columns.")],
    rows: Annotated[list[list[Cell]], Field(max_length=20_000, description="The rows, a cell for each column.")],
    context: ToolContext[Desk],
    sheet: Annotated[str, Field(max_length=31, description="The new worksheet's name; not for CSV.")] = "",
) -> WrittenSheet:
    """Create an Excel (XLSX) or CSV file from rows, or a new worksheet in a workbook.

    No file and no sheet is overwritten.
    """
    answer = await context.state.tables.ask("write_sheet", file=file, sheet=sheet, columns=columns, rows=rows)
    content = answer["content"]
    media_type = _MEDIA_TYPES[file.rpartition(".")[2].lower()]
    artifact = None if content is None else Artifact(media_type, base64.b64decode(content), file)
    return WrittenSheet(file=answer["file"], rows_written=answer["rows_written"], artifact=artifact)
