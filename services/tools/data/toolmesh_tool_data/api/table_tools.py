"""Tools over the tables in the folder of the user's files."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from toolmesh_tool_data.bootstrap import Desk
from toolmesh_tool_data.domain.summary_query import Operation
from toolmesh_toolkit import Example, ToolContext, tool

LIMIT = timedelta(seconds=30)

Table = Annotated[
    str, Field(min_length=1, max_length=200, description="The table's or file's name, such as \"sales\".")
]
Where = Annotated[
    str,
    Field(max_length=300, description='Only rows that fit, such as "region = North and amount > 100"; empty for all.'),
]


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("tables",),
    version="1",
    examples=[
        Example("What tables do I have?", {}),
        "Which data files are there?",
        "List my spreadsheets",
        "有哪些数据表",
    ],
)
async def list_tables(context: ToolContext[Desk]) -> dict[str, Any]:
    """List the data tables and spreadsheets that can be asked about, with their columns and number of rows."""
    return await context.state.tables.ask("list_tables")


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("tables",),
    version="1",
    examples=[
        Example("Which columns does the sales table have?", {"table": "sales"}),
        "Show me what the cities file looks like",
        "sales表有哪些列",
    ],
)
async def describe_table(table: Table, context: ToolContext[Desk]) -> dict[str, Any]:
    """Describe a data table: its columns, their types, the number of rows and the first rows."""
    return await context.state.tables.ask("describe", table=table)


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("tables",),
    version="1",
    examples=[
        Example("What is the population of Paris in the cities table?", {"table": "cities", "where": "city = Paris"}),
        Example(
            "Which three orders in sales have the highest amount?",
            {"table": "sales", "sort_by": "amount", "descending": True, "limit": 3},
        ),
        "Show the sales rows of the region North",
        Example("在cities表里查一下上海的面积", {"table": "cities", "where": "name_chinese = 上海"}),
    ],
)
async def find_rows(
    table: Table,
    context: ToolContext[Desk],
    where: Where = "",
    columns: Annotated[
        str, Field(max_length=300, description='Columns to show, such as "city, population"; empty for all.')
    ] = "",
    sort_by: Annotated[str, Field(max_length=100, description='Column to sort by, such as "amount".')] = "",
    descending: Annotated[bool, Field(description="Largest first; set it for the highest, most or latest.")] = False,
    limit: Annotated[int, Field(ge=1, le=50, description="At most this many rows.")] = 10,
) -> dict[str, Any]:
    """Find rows of a data table that fit a condition, or its highest or lowest rows, sorted by a column."""
    chosen = [column.strip() for column in columns.replace("，", ",").split(",") if column.strip() not in ("", "*")]
    return await context.state.tables.ask(
        "find_rows", table=table, where=where, columns=chosen, sort_by=sort_by, descending=descending, limit=limit
    )


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("tables",),
    version="1",
    examples=[
        Example(
            "What is the total amount in the sales table?", {"table": "sales", "column": "amount", "operation": "sum"}
        ),
        Example(
            "What is the average quantity of orders from the North?",
            {"table": "sales", "column": "quantity", "operation": "average", "where": "region = North"},
        ),
        Example(
            "Total sales amount for each region",
            {"table": "sales", "column": "amount", "operation": "sum", "group_by": "region"},
        ),
        "How many different products are in the sales table?",
        Example("sales表里amount的最大值是多少", {"table": "sales", "column": "amount", "operation": "maximum"}),
    ],
)
async def summarize_column(
    table: Table,
    column: Annotated[str, Field(max_length=200, description='The column to summarize, such as "amount".')],
    operation: Annotated[Operation, Field(description="What to compute over the column.")],
    context: ToolContext[Desk],
    where: Where = "",
    group_by: Annotated[
        str, Field(max_length=200, description='Give one result for each value of this column, such as "region".')
    ] = "",
) -> dict[str, Any]:
    """Compute the sum, average, median, minimum, maximum or count of a column of a data table, for all rows, for those
    that fit a condition, or for each group.
    """
    return await context.state.tables.ask(
        "summarize", table=table, column=column, operation=operation, where=where, group_by=group_by
    )


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("tables", "sql"),
    version="1",
    examples=[
        Example(
            "Run SQL: select region, sum(amount) from sales group by region",
            {"sql": "SELECT region, sum(amount) AS total FROM sales GROUP BY region"},
        ),
        "Use an SQL query to join sales with cities",
        "用SQL查询sales表的前五行",
    ],
)
async def query_table(
    sql: Annotated[
        str,
        Field(min_length=1, max_length=5000, description='One SELECT in SQL, such as "SELECT count(*) FROM sales".'),
    ],
    context: ToolContext[Desk],
) -> dict[str, Any]:
    """Run a read-only SQL SELECT query over the data tables, for questions that need joins or several steps."""
    return await context.state.tables.ask("query", sql=sql)
