"""The database that every store is built on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from toolmesh_core.errors import Internal, ResourceExhausted, Unavailable
from toolmesh_core.sqlite_database import SqliteDatabase

SCHEMA = ["CREATE TABLE item (name TEXT PRIMARY KEY)"]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    async with SqliteDatabase.open(tmp_path / "new" / "items.db", SCHEMA) as opened:
        yield opened


def insert(name: str):
    return lambda connection: connection.execute("INSERT INTO item VALUES (?)", (name,)).rowcount


def names(connection: sqlite3.Connection) -> list[str]:
    return [row["name"] for row in connection.execute("SELECT name FROM item ORDER BY name")]


async def test_what_was_written_is_read(database: SqliteDatabase) -> None:
    assert await database.write(insert("a")) == 1
    assert await database.read(names) == ["a"]


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        async with SqliteDatabase.open(tmp_path / "items.db", SCHEMA) as opened:
            await opened.write(insert(name))
    async with SqliteDatabase.open(tmp_path / "items.db", SCHEMA) as opened:
        assert await opened.read(names) == ["a", "b"]


async def test_of_writes_that_share_a_commit_only_the_failing_one_is_undone(database: SqliteDatabase) -> None:
    def half(connection: sqlite3.Connection) -> None:
        insert("half")(connection)
        raise KeyError("half way")

    outcomes = await asyncio.gather(
        database.write(insert("a")), database.write(half), database.write(insert("b")), return_exceptions=True
    )
    assert outcomes[0] == 1
    assert isinstance(outcomes[1], KeyError)
    assert await database.read(names) == ["a", "b"]


async def test_a_broken_rule_is_told_as_sqlite_tells_it(database: SqliteDatabase) -> None:
    await database.write(insert("a"))
    with pytest.raises(sqlite3.IntegrityError):
        await database.write(insert("a"))


async def test_a_write_goes_through_though_its_caller_has_gone(database: SqliteDatabase) -> None:
    writing = asyncio.create_task(database.write(insert("a")))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.write(insert("b"))
    assert await database.read(names) == ["a", "b"]


async def test_readers_cannot_write(database: SqliteDatabase) -> None:
    with pytest.raises(Unavailable, match="readonly"):
        await database.read(insert("a"))


async def test_a_full_disk_is_told_in_one_line_and_nothing_is_left(database: SqliteDatabase) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
        for number in range(10_000):
            insert(f"{number:100}")(connection)

    with pytest.raises(ResourceExhausted, match="full"):
        await database.write(fill)
    assert await database.read(names) == []


async def test_migrations_are_applied_once_and_in_order(tmp_path: Path) -> None:
    second = "ALTER TABLE item ADD COLUMN size INTEGER DEFAULT 7"
    async with SqliteDatabase.open(tmp_path / "items.db", SCHEMA) as opened:
        await opened.write(insert("a"))
    for _ in range(2):
        async with SqliteDatabase.open(tmp_path / "items.db", [*SCHEMA, second]) as opened:
            assert await opened.read(lambda c: c.execute("SELECT size FROM item").fetchone()[0]) == 7


async def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    async with SqliteDatabase.open(tmp_path / "items.db", [*SCHEMA, "CREATE TABLE later (x)"]):
        pass
    with pytest.raises(Internal, match="newer program"):
        async with SqliteDatabase.open(tmp_path / "items.db", SCHEMA):
            pass


async def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot use"):
        async with SqliteDatabase.open(tmp_path / "file" / "items.db", SCHEMA):
            pass
