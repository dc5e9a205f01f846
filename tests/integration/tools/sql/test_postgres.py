"""SQL over a real Postgres: what is answered, and what a hostile statement does not get."""

import time
from pathlib import Path

import psycopg
import pytest

from toolmesh_core.errors import ToolError
from toolmesh_tool_sql.adapters.statement_limits import Target

from .conftest import Asked, asked, of_role

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_rows_come_with_typed_columns(postgres: Asked) -> None:
    found = await postgres.query("SELECT id, price, made FROM article WHERE id IN (7, 8) ORDER BY id")
    assert [(column["name"], column["type"]) for column in found["columns"]] == [
        ("id", "int4"),
        ("price", "numeric(10,2)"),
        ("made", "date"),
    ]
    assert found["rows"] == [[7, "12.50", "2024-01-05"], [8, "2.25", None]]


async def test_values_travel_as_parameters(postgres: Asked) -> None:
    assert await postgres.value("SELECT count(*) FROM article WHERE made < $1 AND price > $2", "2024-02-01", 3) == 1
    assert await postgres.value("SELECT count(*) FROM customer WHERE name = $1", "x' OR '1'='1") == 0


async def test_every_type_becomes_json(postgres: Asked) -> None:
    found = await postgres.query(
        "SELECT 9007199254740993, '\\x00ff'::bytea, ARRAY[1, 2], '{\"a\": [1]}'::jsonb, "
        "TIMESTAMPTZ '2024-01-05 10:00+02', 'nan'::float8, INTERVAL '1 day', NULL, true"
    )
    row = found["rows"][0]
    assert row[:4] == ["9007199254740993", "AP8=", [1, 2], {"a": [1]}]
    assert row[4].startswith("2024-01-05T")
    assert row[5:] == ["nan", "1 day, 0:00:00", None, True]


async def test_rows_and_cells_are_bounded_and_it_says_so(postgres: Asked) -> None:
    found = await postgres.query("SELECT a FROM generate_series(1, 10000) AS a, generate_series(1, 100000) AS b")
    assert (len(found["rows"]), found["more_rows"]) == (20, True)
    assert (await postgres.value("SELECT repeat('x', 500)")).endswith("x… (500 characters)")


async def test_the_schema_shows_what_the_role_may_read(postgres: Asked) -> None:
    whole = await postgres.schema()
    assert {table["table"]: table["kind"] for table in whole["tables"]} == {
        "article": "table",
        "cheap": "view",
        "customer": "table",
    }
    article = whole["tables"][0]
    assert article["columns"]["price"] == "numeric(10,2) not null"
    assert article["primary_key"] == ["id"]
    assert article["foreign_keys"] == ["(customer_id) REFERENCES customer(id)"]


async def test_a_wrong_name_is_answered_with_the_near_one(postgres: Asked) -> None:
    assert "did you mean 'customer'?" in (await postgres.refusal("SELECT * FROM custmer")).message
    assert "article.price" in (await postgres.refusal("SELECT prise FROM article")).message


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM article",
        "WITH gone AS (DELETE FROM article RETURNING *) SELECT * FROM gone",
        "WITH new AS (INSERT INTO article VALUES (9, 1) RETURNING id) SELECT * FROM new",
        "SELECT 1; DROP TABLE article",
        "COMMIT; DELETE FROM article",
        "ROLLBACK; DELETE FROM article",
        "SET TRANSACTION READ WRITE",
        "SET default_transaction_read_only = off; DELETE FROM article",
        "SELECT set_config('transaction_read_only', 'off', false), sneak()",
        "SELECT sneak()",
        "CALL leave()",
        "DO $$ BEGIN COMMIT; DELETE FROM article; END $$",
        "DO $$ BEGIN SET TRANSACTION READ WRITE; DELETE FROM article; END $$",
        "SELECT * FROM article FOR UPDATE",
        "CREATE TABLE t (a int)",
        "SELECT nextval('x')",
        "SELECT * FROM secret",
        "COPY article TO '/tmp/out.csv'",
        "COPY article TO PROGRAM 'cat'",
        "COPY article TO STDOUT",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
    ],
)
async def test_nothing_but_reading_is_allowed(postgres: Asked, statement: str) -> None:
    assert (await postgres.refusal(statement)).reason in ("READ_ONLY", "BAD_SQL")
    assert await postgres.value("SELECT count(*) FROM article") == 2


@pytest.mark.parametrize("statement", ["COMMIT", "SET default_transaction_read_only = off", "RESET ALL"])
async def test_a_statement_leaves_nothing_behind_for_the_next(postgres: Asked, statement: str) -> None:
    try:
        await postgres.query(statement)
    except ToolError as error:
        assert error.reason in ("READ_ONLY", "BAD_SQL")  # noqa: PT017 - it may be refused, or do nothing
    assert (await postgres.refusal("DELETE FROM article")).reason == "READ_ONLY"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_sleep(60)",
        "SELECT set_config('statement_timeout', '0', false), pg_sleep(60)",
        "WITH RECURSIVE n(i) AS (SELECT 1::numeric UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    ],
)
async def test_an_endless_statement_is_stopped(postgres: Asked, statement: str) -> None:
    began = time.monotonic()
    assert (await postgres.refusal(statement)).reason == "TIMEOUT"
    assert time.monotonic() - began < 8


async def test_a_huge_row_does_not_end_the_service(postgres: Asked) -> None:
    assert (await postgres.refusal("SELECT repeat('x', 700000000)")).reason in ("OUT_OF_MEMORY", "TIMEOUT")
    assert await postgres.value("SELECT 1") == 1


async def test_a_superuser_is_refused(postgres_uri: str, tmp_path: Path) -> None:
    async with asked("warehouse", Target("postgres", postgres_uri), tmp_path) as warehouse:
        assert (await warehouse.refusal("SELECT 1")).reason == "ROLE_TOO_POWERFUL"
    allowed = Target("postgres", postgres_uri, allow_powerful_role=True)
    async with asked("warehouse", allowed, tmp_path) as warehouse:
        assert await warehouse.value("SELECT count(*) FROM secret") == 0
        assert (await warehouse.refusal("DELETE FROM article")).reason == "READ_ONLY"


async def test_a_database_that_is_down_is_said_without_its_address(tmp_path: Path) -> None:
    target = Target("postgres", "postgresql://agent:hidden@127.0.0.1:1/x")
    async with asked("warehouse", target, tmp_path) as warehouse:
        error = await warehouse.refusal("SELECT 1")
        assert error.reason == "DATABASE_DOWN"
        assert "127.0.0.1" not in error.message
        assert "hidden" not in error.message


async def test_a_write_is_one_statement_and_whole(postgres_uri: str, tmp_path: Path) -> None:
    target = Target("postgres", of_role(postgres_uri, "agent"), allow_writes=True)
    async with asked("warehouse", target, tmp_path) as warehouse:
        added = await warehouse.execute("INSERT INTO article VALUES ($1, $2) RETURNING id, price", 20, "1.5")
        assert (added["changed_rows"], added["rows"]) == (1, [[20, "1.50"]])
        for refused in (
            "DELETE FROM article; DELETE FROM customer",
            "INSERT INTO article VALUES (21, 1), (7, 1)",
            "DELETE FROM customer",
        ):
            with pytest.raises(ToolError):
                await warehouse.execute(refused)
        assert (await warehouse.execute("DELETE FROM article WHERE id = $1", 20))["changed_rows"] == 1
    with psycopg.connect(postgres_uri) as connection:
        row = connection.execute("SELECT count(*) FROM article").fetchone()
        assert row is not None
        assert row[0] == 2
