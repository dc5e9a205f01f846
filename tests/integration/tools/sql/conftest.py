"""A SQLite file and a real Postgres with a role that may read and write one table, asked by real SQL processes."""

import dataclasses
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from fixtures.postgres_server import postgres_server

from toolmesh_core.errors import ToolError
from toolmesh_core.workers.worker_pool import WorkerPool, worker_pool
from toolmesh_tool_sql.adapters.statement_limits import StatementLimits, Target
from toolmesh_tool_sql.bootstrap import sql_process

LIMITS = StatementLimits(timeout_s=2.0, max_rows=20, max_cell_chars=100, max_result_chars=2000, max_tables=3)
SCHEMA = """
    CREATE TABLE customer (id integer PRIMARY KEY, name text NOT NULL);
    CREATE TABLE article (id integer PRIMARY KEY, price numeric(10, 2) NOT NULL, made date,
                          customer_id integer REFERENCES customer (id));
    CREATE VIEW cheap AS SELECT * FROM article WHERE price < 5;
    INSERT INTO customer VALUES (1, 'Ada'), (2, '李雷');
    INSERT INTO article VALUES (7, 12.50, '2024-01-05', 1), (8, 2.25, NULL, 2);
"""


@dataclass(frozen=True)
class Asked:
    """One database and the processes that ask it."""

    pool: WorkerPool
    database: str

    async def query(self, statement: str, *parameters: object) -> dict[str, Any]:
        return await self.pool.ask("query", database=self.database, statement=statement, parameters=list(parameters))

    async def execute(self, statement: str, *parameters: object) -> dict[str, Any]:
        return await self.pool.ask("execute", database=self.database, statement=statement, parameters=list(parameters))

    async def schema(self, *wanted: str) -> dict[str, Any]:
        return await self.pool.ask("schema", database=self.database, wanted=list(wanted))

    async def value(self, statement: str, *parameters: object) -> Any:
        return (await self.query(statement, *parameters))["rows"][0][0]

    async def refusal(self, statement: str, *parameters: object) -> ToolError:
        with pytest.raises(ToolError) as caught:
            await self.query(statement, *parameters)
        return caught.value


def make_sqlite(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        connection.execute("CREATE INDEX by_price ON article (price)")
        connection.execute("CREATE TABLE odd (value)")
        connection.executemany("INSERT INTO odd VALUES (?)", [(b"\x00\xff" * 3,), (2**60,), (float("inf"),)])
        connection.commit()
    return path


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """The superuser's DSN of a Postgres of these tests."""
    with postgres_server() as uri:
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(SCHEMA)
            connection.execute("CREATE ROLE agent LOGIN")
            connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON article TO agent")
            connection.execute("GRANT SELECT ON customer, cheap TO agent")
            connection.execute("CREATE TABLE secret (word text)")
            connection.execute(
                "CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'DELETE FROM article; SELECT 1' SECURITY DEFINER"
            )
            connection.execute(
                "CREATE PROCEDURE leave() LANGUAGE plpgsql AS 'BEGIN COMMIT; DELETE FROM article; END' SECURITY INVOKER"
            )
        yield uri


def of_role(uri: str, role: str) -> str:
    return uri.replace("postgres:@", f"{role}:@")


@asynccontextmanager
async def asked(database: str, target: Target, tmp_path: Path, **limits: Any) -> AsyncIterator[Asked]:
    kind = sql_process({database: target}, dataclasses.replace(LIMITS, **limits))
    async with worker_pool(kind, tmp_path / "scratch", 1) as pool:
        yield Asked(pool, database)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sqlite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asked]:
    folder = tmp_path_factory.mktemp("sqlite")
    async with asked("shop", Target("sqlite", str(make_sqlite(folder / "shop.sqlite"))), folder) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def postgres(postgres_uri: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asked]:
    target = Target("postgres", of_role(postgres_uri, "agent"))
    async with asked("warehouse", target, tmp_path_factory.mktemp("postgres")) as found:
        yield found
