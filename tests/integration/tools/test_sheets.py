"""Cells of spreadsheets read and new sheets written by real table processes."""

import zipfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import pytest_asyncio
from openpyxl.chart import BarChart

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.adapters.table_workers import TableWorkers, table_workers

COLUMNS = ["fruit", "price"]
ROWS = [["apple", 1.5], ["pear", 2]]


@pytest_asyncio.fixture
async def writers(folder: Path, tmp_path: Path) -> AsyncIterator[TableWorkers]:
    limits = TableLimits(folder=str(folder), writable=True, timeout_s=4.0, max_file_mb=2, max_result_rows=20)
    async with table_workers(limits, tmp_path / "data") as started:
        yield started


@pytest.fixture
def book(folder: Path) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Plan"
    sheet.append(["day", "cost", "done"])
    sheet.append([date(2024, 1, 5), 12.5, True])
    sheet.append(["=1+1", None, False])
    workbook.create_sheet("Rest").append([f"x{number}" for number in range(60)])
    path = folder / "budget.xlsx"
    workbook.save(path)
    return path


async def read(workers: TableWorkers, file: str, sheet: str = "", cells: str = "") -> dict[str, Any]:
    return await workers.ask("read_sheet", file=file, sheet=sheet, cells=cells)


async def write(workers: TableWorkers, file: str, sheet: str = "", rows: Any = ROWS) -> dict[str, Any]:
    return await workers.ask("write_sheet", file=file, sheet=sheet, columns=COLUMNS, rows=rows)


def parts_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


def bytes_of(path: Path) -> bytes:
    return path.read_bytes()


async def refusal(call: Any) -> str:
    with pytest.raises(ToolError) as caught:
        await call
    return caught.value.reason


async def test_a_range_comes_as_typed_rows_with_the_names_of_the_sheets(writers: TableWorkers, book: Path) -> None:
    found = await read(writers, "budget.xlsx", "plan", "A1:B2")
    assert found["rows"] == [["day", "cost"], ["2024-01-05 00:00:00", 12.5]]
    assert (found["sheets"], found["sheet"], found["next_row"]) == (["Plan", "Rest"], "Plan", None)
    assert (await read(writers, "budget", cells="C2:C3"))["rows"] == [[True], [False]]


async def test_columns_beyond_the_most_are_told_of(writers: TableWorkers, book: Path) -> None:
    found = await read(writers, "budget.xlsx", "Rest")
    assert (len(found["rows"][0]), found["columns_left_out"]) == (50, True)


async def test_csv_is_a_sheet_whose_numbers_are_numbers(writers: TableWorkers, folder: Path) -> None:
    (folder / "codes.csv").write_text("code;n\n007;7\n12;1.5\n")
    found = await read(writers, "codes.csv")
    assert found["rows"] == [["code", "n"], ["007", 7], [12, 1.5]]


async def test_a_long_sheet_says_where_to_go_on(writers: TableWorkers, folder: Path) -> None:
    (folder / "long.csv").write_text("\n".join(str(number) for number in range(100)))
    found = await read(writers, "long.csv", cells="A5:A90")
    assert (found["rows"][0], len(found["rows"]), found["next_row"]) == ([4], 20, 25)
    assert (await read(writers, "long.csv", cells="A25:A90"))["rows"][0] == [24]


async def test_what_is_not_there_is_refused_with_what_is(writers: TableWorkers, book: Path) -> None:
    with pytest.raises(ToolError, match=r"did you mean 'budget\.xlsx'\?"):
        await read(writers, "budgets.xlsx")
    assert await refusal(read(writers, "budget.xlsx", "Pln")) == "UNKNOWN_SHEET"
    assert await refusal(read(writers, "budget.xlsx", cells="C3:A1")) == "BAD_RANGE"


async def test_files_outside_the_folder_are_not_there(writers: TableWorkers, folder: Path) -> None:
    (folder.parent / "secret.csv").write_text("a\n1\n")
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    for file in ("../secret.csv", str(folder.parent / "secret.csv"), "link.csv"):
        assert await refusal(read(writers, file)) == "UNKNOWN_FILE"


async def test_a_zip_bomb_is_not_unpacked(writers: TableWorkers, folder: Path) -> None:
    with zipfile.ZipFile(folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 5 * 2**20)
    assert await refusal(read(writers, "bomb.xlsx")) == "UNREADABLE_FILE"


async def test_a_new_workbook_is_written_and_read_again(writers: TableWorkers, folder: Path) -> None:
    assert (await write(writers, "fruit.xlsx", "Prices"))["rows_written"] == 2
    found = await read(writers, "fruit.xlsx")
    assert (found["sheet"], found["rows"]) == ("Prices", [COLUMNS, ["apple", 1.5], ["pear", 2]])
    assert parts_in(folder) == []


async def test_a_sheet_is_added_and_the_others_stay_as_they_were(writers: TableWorkers) -> None:
    await write(writers, "fruit.xlsx", "Prices")
    await write(writers, "fruit.xlsx", "More", [["fig", 3]])
    assert (await read(writers, "fruit.xlsx", "Prices"))["rows"][1] == ["apple", 1.5]
    assert (await read(writers, "fruit.xlsx", "More"))["rows"][1] == ["fig", 3]


async def test_nothing_that_is_there_is_overwritten(writers: TableWorkers, folder: Path) -> None:
    before = (folder / "sales.csv").read_bytes()
    assert await refusal(write(writers, "sales.csv")) == "EXISTS"
    assert (folder / "sales.csv").read_bytes() == before
    await write(writers, "fruit.xlsx", "Prices")
    assert await refusal(write(writers, "fruit.xlsx", "prices")) == "EXISTS"
    (folder / "dangling.xlsx").symlink_to("/tmp/elsewhere.xlsx")
    assert await refusal(write(writers, "dangling.xlsx")) == "EXISTS"


async def test_a_workbook_that_would_lose_formulas_or_charts_is_left_alone(writers: TableWorkers, book: Path) -> None:
    before = bytes_of(book)
    assert await refusal(write(writers, "budget.xlsx", "New")) == "WOULD_LOSE"
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    workbook.active.add_chart(BarChart())
    workbook.save(book.with_name("chart.xlsx"))
    assert await refusal(write(writers, "chart.xlsx", "New")) == "WOULD_LOSE"
    assert bytes_of(book) == before


async def test_text_that_looks_like_a_formula_stays_text(writers: TableWorkers, folder: Path) -> None:
    rows = [["=HYPERLINK(1)", 1], ["-5", -5], ["@x", 0]]
    await write(writers, "odd.xlsx", rows=rows)
    sheet = openpyxl.load_workbook(folder / "odd.xlsx").active
    assert sheet is not None
    assert (sheet["A2"].data_type, sheet["A2"].value, sheet["A2"].quotePrefix) == ("s", "=HYPERLINK(1)", True)
    await write(writers, "odd.csv", rows=rows)
    assert (folder / "odd.csv").read_text("utf-8-sig").splitlines()[1:] == ["'=HYPERLINK(1),1", "-5,-5", "'@x,0"]


@pytest.mark.parametrize("file", ["../out.xlsx", "a/b.csv", ".hidden.csv", "out.txt", "/tmp/x.csv", "..csv"])
async def test_a_name_that_leads_elsewhere_is_refused(writers: TableWorkers, file: str) -> None:
    assert await refusal(write(writers, file)) == "BAD_FILE_NAME"


async def test_bad_sheets_and_rows_are_refused(writers: TableWorkers) -> None:
    assert await refusal(write(writers, "a.xlsx", "a/b")) == "BAD_SHEET_NAME"
    assert await refusal(write(writers, "a.xlsx", rows=[["only one"]])) == "BAD_ROWS"
    assert await refusal(write(writers, "a.xlsx", rows=[["bell \x07", 1]])) == "BAD_ROWS"


async def test_without_a_folder_of_the_operators_nothing_is_written(workers: TableWorkers) -> None:
    assert await refusal(write(workers, "a.xlsx")) == "READ_ONLY"
