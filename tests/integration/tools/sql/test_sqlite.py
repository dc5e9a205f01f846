"""SQL over a SQLite file: what is answered, and what a hostile statement does not get."""

from pathlib import Path

import pytest

from toolmesh_core.errors import ToolError
from toolmesh_tool_sql.adapters.statement_limits import Target

from .conftest import Asked, asked, make_sqlite

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_rows_come_with_their_columns(sqlite: Asked) -> None:
    found = await sqlite.query("SELECT id, price, made FROM article ORDER BY id")
    assert [column["name"] for column in found["columns"]] == ["id", "price", "made"]
    assert found["rows"] == [[7, 12.5, "2024-01-05"], [8, 2.25, None]]
    assert found["more_rows"] is False


async def test_values_travel_as_parameters(sqlite: Asked) -> None:
    assert await sqlite.value("SELECT count(*) FROM customer WHERE name = $1", "李雷") == 1
    assert await sqlite.value("SELECT count(*) FROM customer WHERE id < ?", 2) == 1
    assert await sqlite.value("SELECT count(*) FROM customer WHERE name = $1", "x' OR '1'='1") == 0


async def test_values_that_json_lacks_are_text(sqlite: Asked) -> None:
    found = await sqlite.query("SELECT value FROM odd")
    assert found["rows"] == [["AP8A/wD/"], [str(2**60)], ["inf"]]


async def test_rows_and_cells_are_bounded_and_it_says_so(sqlite: Asked) -> None:
    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n"
    found = await sqlite.query(counting)
    assert (len(found["rows"]), found["more_rows"]) == (20, True)
    assert (await sqlite.value("SELECT printf('%.*c', 500, 'x')")).endswith("x… (500 characters)")


async def test_the_schema_shows_tables_columns_keys_and_rows(sqlite: Asked) -> None:
    schema = await sqlite.schema("article")
    [table] = schema["tables"]
    assert table["columns"] == {
        "id": "INTEGER",
        "price": "numeric(10, 2) not null",
        "made": "date",
        "customer_id": "INTEGER",
    }
    assert (table["primary_key"], table["foreign_keys"]) == (["id"], ["customer_id -> customer.id"])
    assert table["rows_estimate"] == 8
    whole = await sqlite.schema()
    assert (len(whole["tables"]), whole["other_tables"]) == (3, ["cheap"])


async def test_a_wrong_name_is_answered_with_the_near_one(sqlite: Asked) -> None:
    assert "did you mean 'customer'?" in (await sqlite.refusal("SELECT * FROM custmer")).message
    assert "did you mean 'price'?" in (await sqlite.refusal("SELECT prise FROM article")).message
    with pytest.raises(ToolError, match="did you mean 'article'"):
        await sqlite.schema("articel")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM article",
        "INSERT INTO customer VALUES (3, 'x')",
        "UPDATE article SET price = 0",
        "DROP TABLE article",
        "CREATE TABLE t (a)",
        "CREATE TEMP TABLE t (a)",
        "WITH gone AS (SELECT 1) DELETE FROM article",
        "WITH gone AS (SELECT 1) INSERT INTO customer SELECT 9, 'x' FROM gone",
        "SELECT 1; DROP TABLE article",
        "COMMIT; DELETE FROM article",
        "BEGIN",
        "PRAGMA query_only = OFF",
        "PRAGMA writable_schema = ON",
        "PRAGMA database_list",
        "SELECT * FROM pragma_database_list",
        "ATTACH '/tmp/other.db' AS other",
        "VACUUM INTO '/tmp/copy.db'",
        "SELECT load_extension('/tmp/x.so')",
        "REINDEX",
        "ANALYZE",
        "EXPLAIN DELETE FROM article",
    ],
)
async def test_nothing_but_reading_is_allowed(sqlite: Asked, statement: str) -> None:
    assert (await sqlite.refusal(statement)).reason in ("READ_ONLY", "BAD_SQL")
    assert await sqlite.value("SELECT count(*) FROM article") == 2


async def test_an_endless_query_is_stopped(sqlite: Asked) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    assert (await sqlite.refusal(endless)).reason == "TIMEOUT"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT zeroblob(1000000000)",
        "SELECT replace(printf('%.*c', 1000000, 'x'), 'x', printf('%.*c', 1000, 'y'))",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT randomblob(9999999) FROM n ORDER BY 1",
    ],
)
async def test_huge_values_and_sorts_are_refused(sqlite: Asked, statement: str) -> None:
    assert (await sqlite.refusal(statement)).reason in ("OUT_OF_MEMORY", "TIMEOUT")
    assert await sqlite.value("SELECT 1") == 1


async def test_a_write_is_whole_or_not_at_all(tmp_path: Path) -> None:
    target = Target("sqlite", str(make_sqlite(tmp_path / "shop.sqlite")), allow_writes=True)
    async with asked("shop", target, tmp_path) as shop:
        changed = await shop.execute("UPDATE article SET price = $1 WHERE id = $2", 9.75, 7)
        assert changed["changed_rows"] == 1
        assert await shop.value("SELECT price FROM article WHERE id = 7") == 9.75
        for refused in ("INSERT INTO customer VALUES (5, 'x'), (1, 'twice')", "PRAGMA writable_schema = 1", "COMMIT"):
            with pytest.raises(ToolError):
                await shop.execute(refused)
        assert await shop.value("SELECT count(*) FROM customer") == 2
        returned = await shop.execute("DELETE FROM odd RETURNING 1")
        assert len(returned["rows"]) == 3
        assert await shop.value("SELECT count(*) FROM odd") == 0
        await shop.execute("CREATE TABLE note (text)")
        for refused in ("CREATE TRIGGER t AFTER INSERT ON note BEGIN SELECT 1; END", "ATTACH ':memory:' AS m"):
            with pytest.raises(ToolError):
                await shop.execute(refused)
