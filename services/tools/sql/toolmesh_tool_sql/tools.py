"""The tools of this service."""

from typing import Any

from toolmesh_tool_sql.api.sql_tools import sql_execute, sql_query, sql_schema
from toolmesh_tool_sql.bootstrap import Desk
from toolmesh_toolkit import ToolFunction

TOOLS: list[ToolFunction[..., Any]] = [sql_schema, sql_query, sql_execute]


def offered(desk: Desk) -> list[ToolFunction[..., Any]]:
    """All; without sql_execute where no database allows writes."""
    if any(target.allow_writes for target in desk.databases.values()):
        return TOOLS
    return [tool for tool in TOOLS if tool.definition.read_only]
