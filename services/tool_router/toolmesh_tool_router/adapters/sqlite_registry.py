"""The registry in SQLite; it is read at the start and written when it changes, never for a call."""

import dataclasses
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_tool_router.domain.tool_definition import ToolDefinition
from toolmesh_tool_router.domain.tool_registry import ToolService

MIGRATIONS = (
    """
    CREATE TABLE tool_services (
        name TEXT PRIMARY KEY,
        address TEXT NOT NULL,
        create_time TEXT NOT NULL,
        tools_json BLOB NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)


class SqliteRegistry:
    """A RegistryStore in a database that was opened with MIGRATIONS."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def load(self) -> Sequence[ToolService]:
        """All tool services by name, with their last known tools."""
        query = "SELECT name, address, create_time, tools_json FROM tool_services ORDER BY name"
        return await self._database.read(lambda connection: [_service_of(row) for row in connection.execute(query)])

    async def save(self, service: ToolService) -> None:
        """Keeps a service, in place of what was kept under its name."""
        tools = orjson.dumps([dataclasses.asdict(tool) for tool in service.tools])
        row = (service.name, service.address, service.create_time.isoformat(), tools)
        await self._database.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO tool_services VALUES (?, ?, ?, ?)", row)
        )

    async def delete(self, name: str) -> None:
        """Forgets a service; an unknown one is no error."""
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM tool_services WHERE name = ?", (name,))
        )


def _service_of(row: sqlite3.Row) -> ToolService:
    tools = tuple(_definition_of(fields) for fields in orjson.loads(row["tools_json"]))
    return ToolService(row["name"], row["address"], datetime.fromisoformat(row["create_time"]), tools)


def _definition_of(fields: dict[str, Any]) -> ToolDefinition:
    lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return ToolDefinition(**{**fields, **lists})
