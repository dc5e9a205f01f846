"""The SQL service as a process: what it offers, by what the operator allows, and what the LLM gets."""

import json
from pathlib import Path
from typing import Any

from toolmesh.tool.v1 import tool_pb2, tool_service_pb2, tool_service_pb2_grpc
from toolmesh_core.channel import connect
from toolmesh_testing import process

from .conftest import make_sqlite, of_role


async def call(address: str, tool: str, **arguments: Any) -> tool_pb2.ToolResult:
    request = tool_service_pb2.InvokeToolRequest(tool=tool, arguments_json=json.dumps(arguments))
    async with connect(address) as channel:
        return [event async for event in tool_service_pb2_grpc.ToolServiceStub(channel).InvokeTool(request)][-1].result


async def offered(address: str) -> set[str]:
    async with connect(address) as channel:
        listed = await tool_service_pb2_grpc.ToolServiceStub(channel).ListTools(tool_service_pb2.ListToolsRequest())
    return {tool.name for tool in listed.tools}


def settings(folder: Path, databases: str) -> dict[str, str]:
    file = folder / "databases.yaml"
    file.write_text(f"databases: {databases}")
    return {"TOOLMESH_TOOL_SQL_DATA_DIR": str(folder), "TOOLMESH_TOOL_SQL_DATABASES_FILE": str(file)}


async def test_without_a_database_it_runs_and_says_why_it_offers_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with process("toolmesh_tool_sql", {"TOOLMESH_TOOL_SQL_DATA_DIR": str(tmp_path)}, log_path=log) as started:
        assert await offered(started.address) == set()
    assert "no database is named: set TOOLMESH_TOOL_SQL_DATABASES_FILE" in log.read_text()


async def test_both_kinds_are_asked_and_writing_is_not_even_offered(tmp_path: Path, postgres_uri: str) -> None:
    make_sqlite(tmp_path / "shop.sqlite")
    env = settings(tmp_path, "{shop: {sqlite: shop.sqlite, about: Orders}, warehouse: {postgres_secret: wh}}")
    env["TOOLMESH_TOOL_SQL_SECRET_WH"] = of_role(postgres_uri, "agent")
    async with process("toolmesh_tool_sql", env) as started:
        assert await offered(started.address) == {"sql_schema", "sql_query"}
        listed = json.loads((await call(started.address, "sql_schema")).output_json)
        assert [(one["name"], one["dialect"]) for one in listed["databases"]] == [
            ("shop", "sqlite"),
            ("warehouse", "postgres"),
        ]
        for database in ("shop", "Warehouse"):
            found = await call(started.address, "sql_query", database=database, statement="SELECT max(id) FROM article")
            assert json.loads(found.output_json)["rows"] == [[8]]
        refused = await call(started.address, "sql_query", database="shpo", statement="SELECT 1")
        assert "did you mean 'shop'?" in refused.failure.message


async def test_writing_is_offered_where_a_database_allows_it_and_refused_in_the_others(tmp_path: Path) -> None:
    make_sqlite(tmp_path / "shop.sqlite")
    make_sqlite(tmp_path / "archive.sqlite")
    env = settings(tmp_path, "{shop: {sqlite: shop.sqlite, allow_writes: true}, archive: {sqlite: archive.sqlite}}")
    async with process("toolmesh_tool_sql", env) as started:
        assert "sql_execute" in await offered(started.address)
        statement = "DELETE FROM odd"
        done = await call(started.address, "sql_execute", database="shop", statement=statement)
        assert json.loads(done.output_json)["changed_rows"] == 3
        refused = await call(started.address, "sql_execute", database="archive", statement=statement)
        assert refused.failure.reason == "READ_ONLY"
