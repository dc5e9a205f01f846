"""Questions over real files, answered by real table processes: results, kinds of files, and every bound."""

import asyncio
import contextlib
import os
import sqlite3
import time
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import psutil
import pytest

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.table_limits import TableLimits
from toolmesh_tool_data.adapters.table_workers import TableWorkers, table_workers

Answer = dict[str, Any]


async def query(workers: TableWorkers, sql: str) -> list[Answer]:
    rows: list[Answer] = (await workers.ask("query", sql=sql))["rows"]
    return rows


async def reason_of(workers: TableWorkers, sql: str) -> str:
    with pytest.raises(ToolError) as caught:
        await workers.ask("query", sql=sql)
    return caught.value.reason


async def summarize(workers: TableWorkers, column: str, operation: str, where: str = "", group_by: str = "") -> Answer:
    return await workers.ask(
        "summarize", table="sales", column=column, operation=operation, where=where, group_by=group_by
    )


def children() -> list[psutil.Process]:
    """The table processes that run; one that has ended and waits to be reaped does not."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "table_worker" in " ".join(child.cmdline()):
                found.append(child)
    return found


async def test_tables_are_listed_and_described(workers: TableWorkers) -> None:
    listed = await workers.ask("list_tables")
    columns = {"day": "date", "region": "text", "amount": "number"}
    assert listed["tables"] == [{"table": "sales", "file": "sales.csv", "rows": 4, "columns": columns}]
    described = await workers.ask("describe", table="Sales.CSV")
    assert described["first_rows"][0] == {"day": "2024-01-05", "region": "North", "amount": 118.5}


async def test_columns_are_summarized_without_sql(workers: TableWorkers) -> None:
    assert (await summarize(workers, "amount", "sum"))["result"] == 496.5
    assert (await summarize(workers, "Amount", "average", "region = north"))["result"] == 99.25
    assert (await summarize(workers, "", "count"))["result"] == 4
    assert (await summarize(workers, "amount", "sum", "day after 2024-02"))["result"] == 80
    grouped = await summarize(workers, "amount", "sum", group_by="region")
    assert [row["region"] for row in grouped["results"]] == ["South", "North", "East"]


@pytest.mark.parametrize("where", ["region = x' OR '1'='1", "region = North; DROP TABLE sales", "1=1) --"])
async def test_sql_in_a_condition_is_refused(workers: TableWorkers, where: str) -> None:
    with pytest.raises(ToolError):
        await summarize(workers, "amount", "sum", where)


async def test_sql_in_a_value_is_only_a_value(workers: TableWorkers) -> None:
    found = await summarize(workers, "amount", "sum", "region = North' UNION SELECT 1 --")
    assert (found["result"], found["rows_counted"]) == (None, 0)


async def test_rows_are_found_and_sorted(workers: TableWorkers) -> None:
    found = await workers.ask(
        "find_rows", table="sales", where="", columns=["region"], sort_by="amount", descending=True, limit=1
    )
    assert (found["rows"], found["matching_rows"], found["truncated"]) == ([{"region": "South"}], 4, True)


async def test_sql_is_answered(workers: TableWorkers) -> None:
    assert await query(workers, "SELECT count(*) AS n FROM sales -- a remark") == [{"n": 4}]
    assert await query(workers, "SELECT sum(amount) AS s FROM 'sales.csv';") == [{"s": 496.5}]
    assert await query(workers, "WITH big AS (FROM sales WHERE amount > 100) SELECT count(*) n FROM big") == [{"n": 2}]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE sales",
        "INSERT INTO sales VALUES (1)",
        "UPDATE sales SET amount = 0",
        "CREATE TABLE t AS SELECT 1",
        "COPY sales TO '/tmp/out.csv'",
        "COPY (SELECT 1) TO 'out.csv'",
        "EXPORT DATABASE '/tmp/out'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '100GB'",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SELECT 1; DROP TABLE sales",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM READ_TEXT('/etc/passwd')",
        "SELECT * FROM \"read_text\"('/etc/passwd')",
        "SELECT (SELECT content FROM read_blob('/etc/passwd'))",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM json_execute_serialized_sql('{}')",
        "SELECT * FROM pandas_scan(1)",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SHOW TABLES",
    ],
)
async def test_whatever_does_not_only_read_the_tables_is_refused(workers: TableWorkers, sql: str) -> None:
    assert await reason_of(workers, sql) in ("READ_ONLY", "BAD_SQL")


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../secret.csv", "https://example.com/x.csv", "s3://b/x.csv", "os", "workers"]
)
async def test_a_name_that_is_no_table_of_the_folder_is_unknown(
    workers: TableWorkers, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    assert await reason_of(workers, f'SELECT * FROM "{name}"') == "UNKNOWN_TABLE"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(100000000000)",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        "SELECT sleep_ms(60000)",
        "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))",
    ],
)
async def test_a_query_without_end_is_stopped_and_the_next_is_answered(workers: TableWorkers, sql: str) -> None:
    started = time.monotonic()
    assert await reason_of(workers, sql) == "TIMEOUT"
    assert time.monotonic() - started < 10
    assert await query(workers, "SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT length(repeat('ab', 2000000000))",
        "SELECT len(range(300000000))",
        "SELECT list(i) FROM range(100000000) t(i)",
        "SELECT count(*) FROM (SELECT DISTINCT hash(range) FROM range(100000000))",
    ],
)
async def test_a_query_that_wants_much_memory_is_stopped(workers: TableWorkers, sql: str) -> None:
    assert await reason_of(workers, sql) in ("OUT_OF_MEMORY", "TIMEOUT")
    assert sum(child.memory_info().rss for child in children()) < 900 * 2**20
    assert await query(workers, "SELECT 1 AS one") == [{"one": 1}]


async def test_an_answer_has_a_limit_in_rows_and_characters_and_says_so(workers: TableWorkers) -> None:
    many = await workers.ask("query", sql="SELECT * FROM range(100000)")
    assert (many["row_count"], many["truncated"]) == (20, True)
    wide = await workers.ask("query", sql="SELECT repeat('x', 400) AS a, repeat('y', 400) AS b FROM range(20)")
    assert (wide["row_count"], wide["truncated"]) == (5, True)
    long = await query(workers, "SELECT repeat('x', 100000) AS a")
    assert len(long[0]["a"]) == 501


async def test_a_link_out_of_the_folder_and_a_pipe_are_not_read(
    workers: TableWorkers, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside.csv").write_text("secret\n42\n")
    (folder / "link.csv").symlink_to(tmp_path / "outside.csv")
    (folder / "inner.csv").symlink_to(folder / "sales.csv")
    os.mkfifo(folder / "pipe.csv")
    listed = await workers.ask("list_tables")
    assert set(listed["unreadable_files"]) == {"link.csv", "pipe.csv"}
    with pytest.raises(ToolError, match="not a file within the folder"):
        await workers.ask("describe", table="link")


async def test_a_workbook_is_read_with_its_types(workers: TableWorkers, folder: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "计划"
    sheet.append(["名称", "when", "count", "share", "done", "count"])
    sheet.append(["桌子", datetime(2024, 1, 2), 3, 0.5, True, 1])
    sheet.append(['say "hi", a\nb', datetime(2024, 1, 3, 4, 5), 4, 2, False, None])
    book.save(folder / "预算 2024.xlsx")
    described = await workers.ask("describe", table="预算_2024")
    kinds = ["text", "date and time", "whole number", "number", "boolean", "whole number"]
    assert list(described["columns"].values()) == kinds
    assert list(described["columns"]) == ["名称", "when", "count", "share", "done", "count_2"]
    assert described["first_rows"][1]["名称"] == 'say "hi", a\nb'
    book.create_sheet("More").append(["x"])
    book.save(folder / "预算 2024.xlsx")
    assert {"预算_2024_计划", "预算_2024_more"} <= {
        table["table"] for table in (await workers.ask("list_tables"))["tables"]
    }


async def test_a_sqlite_file_is_read_and_never_written(workers: TableWorkers, folder: Path) -> None:
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, note TEXT, paid REAL, made DATE)")
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?)",
            [(1, "007", 2.5, date(2024, 1, 2).isoformat()), (2, None, 1, None)],
        )
    connection.close()
    before = (folder / "shop.db").read_bytes()
    assert await query(workers, "SELECT note, paid FROM shop_orders ORDER BY id") == [
        {"note": "007", "paid": 2.5},
        {"note": None, "paid": 1},
    ]
    assert await query(workers, "SELECT count(*) AS n FROM orders") == [{"n": 2}]
    assert (folder / "shop.db").read_bytes() == before


async def test_a_file_that_changes_is_read_again(workers: TableWorkers, folder: Path) -> None:
    path = folder / "old.csv"
    path.write_bytes("城市,人口\n北京,2189\n".encode("gb18030"))
    assert await query(workers, "SELECT 城市 FROM old") == [{"城市": "北京"}]
    path.write_bytes("城市,人口\n上海,2487\n广州,1868\n".encode("gb18030"))
    assert await query(workers, "SELECT 城市 FROM old LIMIT 1") == [{"城市": "上海"}]


async def test_bombs_and_broken_files_are_named_and_spoil_nothing_else(workers: TableWorkers, folder: Path) -> None:
    with zipfile.ZipFile(folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60 * 2**20)
    (folder / "text.xlsx").write_text("no workbook")
    (folder / "text.db").write_text("no database, but long enough to be looked at" * 10)
    (folder / "huge.csv").write_bytes(b"a\n" * 12 * 2**20)
    (folder / "empty.csv").write_text("")
    listed = await workers.ask("list_tables")
    assert {"bomb.xlsx", "text.xlsx", "text.db", "huge.csv"} <= set(listed["unreadable_files"])
    assert await query(workers, "SELECT count(*) AS n FROM sales") == [{"n": 4}]


async def test_a_workbook_of_exploding_entities_is_refused(workers: TableWorkers, folder: Path) -> None:
    book = openpyxl.Workbook()
    book.save(folder / "laughs.xlsx")
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    with zipfile.ZipFile(folder / "laughs.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">{entities}]><workbook>&l11;</workbook>'.encode()
    )
    with zipfile.ZipFile(folder / "laughs.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(ToolError):
        await workers.ask("describe", table="laughs")
    assert await query(workers, "SELECT count(*) AS n FROM sales") == [{"n": 4}]


async def test_a_sheet_with_too_many_rows_is_refused_and_not_cut(workers: TableWorkers, folder: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(5002):
        sheet.append([number])
    book.save(folder / "long.xlsx")
    with pytest.raises(ToolError, match="more than 5000 rows"):
        await workers.ask("describe", table="long")


async def test_questions_at_a_time_are_bounded_and_all_answered(workers: TableWorkers) -> None:
    answers = await asyncio.gather(*(query(workers, f"SELECT {number} AS n") for number in range(12)))
    assert [answer[0]["n"] for answer in answers] == list(range(12))
    assert len(children()) <= 2


async def test_a_process_that_is_killed_is_replaced(workers: TableWorkers) -> None:
    await query(workers, "SELECT 1")
    for child in children():
        child.kill()
        child.wait(5)
    with pytest.raises(ToolError):
        await query(workers, "SELECT 1")
    assert await query(workers, "SELECT 1 AS one") == [{"one": 1}]


async def test_a_caller_who_goes_away_leaves_no_process_at_work(workers: TableWorkers) -> None:
    task = asyncio.ensure_future(query(workers, "SELECT count(*) FROM range(100000000000)"))
    for _ in range(500):
        if children():
            break
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == []


async def test_nothing_is_left_behind(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "d" / "scratch" / "stale").mkdir(parents=True)
    async with table_workers(TableLimits(folder=str(folder)), tmp_path / "d") as workers:
        assert not (tmp_path / "d" / "scratch" / "stale").exists()
        await query(workers, "SELECT 1")
    assert children() == []
    assert not (tmp_path / "d" / "scratch").exists()


async def test_an_idle_process_ends_and_gives_its_memory_back(folder: Path, tmp_path: Path) -> None:
    async with table_workers(TableLimits(folder=str(folder)), tmp_path / "d", idle_s=0.05) as workers:
        await query(workers, "SELECT 1")
        for _ in range(200):
            if not children():
                break
            await asyncio.sleep(0.02)
        assert children() == []
        assert await query(workers, "SELECT 1 AS one") == [{"one": 1}]
