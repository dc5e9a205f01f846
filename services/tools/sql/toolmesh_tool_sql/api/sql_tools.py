"""Tools over the databases that the operator named."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_core.errors import ToolError
from toolmesh_tool_sql.adapters.statement_limits import Parameter
from toolmesh_tool_sql.bootstrap import Desk
from toolmesh_toolkit import Example, ToolContext, tool

LIMIT = timedelta(seconds=110)

Database = Annotated[
    str, Field(max_length=60, description="The database's name; may be empty where there is only one.")
]
Statement = Annotated[
    str, Field(min_length=1, max_length=20_000, description="One SQL statement in the database's dialect.")
]
Parameters = Annotated[
    list[Parameter],
    Field(max_length=100, description="Values of the placeholders $1, $2, ... in the statement, in order."),
]


class KnownDatabase(TypedDict):
    """A database that can be asked."""

    name: str
    dialect: str
    about: str
    writes_allowed: bool


class DatabaseSchema(TypedDict):
    """The databases there are; and of the one asked for, its tables. `other_tables` are names only."""

    databases: list[KnownDatabase]
    database: str
    tables: list[dict[str, Any]]
    other_tables: list[str]


class ResultColumn(TypedDict):
    """A column of a result; SQLite gives no types."""

    name: str
    type: str


class QueryRows(TypedDict):
    """Rows of a query, a list a row. `more_rows`: there are more than are shown."""

    database: str
    columns: list[ResultColumn]
    rows: list[list[Any]]
    more_rows: bool


class ExecutedStatement(QueryRows):
    """What a statement changed, and what it returned."""

    changed_rows: int


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("sql", "databases"),
    version="1",
    examples=[
        Example("Which SQL databases are connected, and what tables are in them?", {}),
        "Show the schema of the warehouse Postgres database",
        "连接了哪些数据库，里面有什么表结构？",
    ],
)
async def sql_schema(
    context: ToolContext[Desk],
    database: Database = "",
    tables: Annotated[
        str, Field(max_length=500, description='Only these tables, such as "orders, customers"; empty for all.')
    ] = "",
) -> DatabaseSchema:
    """Show the schema of a connected SQLite or Postgres database: tables, columns, types, keys, estimated rows.

    Without a database where there are several, only their names are listed. Call it before sql_query.
    """
    desk = context.state
    known = [
        KnownDatabase(name=name, dialect=target.kind, about=target.about, writes_allowed=target.allow_writes)
        for name, target in desk.databases.items()
    ]
    if not database and len(known) != 1:
        return DatabaseSchema(databases=known, database="", tables=[], other_tables=[])
    found = desk.find(database)
    wanted = [part.strip().lower() for part in tables.replace("，", ",").split(",") if part.strip()]
    answer = await desk.workers.ask("schema", database=found, wanted=wanted)
    return DatabaseSchema(databases=known, database=found, tables=answer["tables"], other_tables=answer["other_tables"])


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("sql", "databases"),
    version="1",
    examples=[
        Example("Run SELECT 1 on the connected database", {"statement": "SELECT 1"}),
        "How many orders are in the shop database?",
        "在 warehouse 数据库里执行 SQL：select count(*) from customers",
    ],
)
async def sql_query(
    statement: Statement,
    context: ToolContext[Desk],
    database: Database = "",
    parameters: Parameters = [],  # noqa: B006 - copied for each call
) -> QueryRows:
    """Run one read-only SQL query on a connected SQLite or Postgres database, by the database's name.

    For databases, not for files of tables. Decimals come as text, dates in ISO 8601, bytes in base64.
    """
    desk = context.state
    found = desk.find(database)
    answer = await desk.workers.ask("query", database=found, statement=statement, parameters=parameters)
    return QueryRows(database=found, columns=answer["columns"], rows=answer["rows"], more_rows=answer["more_rows"])


@tool(
    timeout=LIMIT,
    tags=("sql", "databases"),
    version="1",
    examples=[
        Example(
            "Set the price of article 7 to 12.5 in the shop database",
            {"statement": "UPDATE articles SET price = $1 WHERE id = $2", "parameters": [12.5, 7]},
        ),
        "Insert a row into a table of the connected database",
        "在数据库的表里删除一行",
    ],
)
async def sql_execute(
    statement: Statement,
    context: ToolContext[Desk],
    database: Database = "",
    parameters: Parameters = [],  # noqa: B006
) -> ExecutedStatement:
    """Change a connected database by one SQL statement: INSERT, UPDATE, DELETE, or a change of its tables.

    It takes effect as a whole or not at all. Only where the operator allows writes.
    """
    desk = context.state
    found = desk.find(database)
    if not desk.databases[found].allow_writes:
        raise ToolError(f"database {found!r} is read-only: the operator does not allow writes", reason="READ_ONLY")
    answer = await desk.workers.ask("execute", database=found, statement=statement, parameters=parameters)
    return ExecutedStatement(
        database=found,
        changed_rows=answer["changed_rows"],
        columns=answer["columns"],
        rows=answer["rows"],
        more_rows=answer["more_rows"],
    )
