"""Serves the SQL tools."""

from toolmesh_tool_sql.bootstrap import open_desk
from toolmesh_tool_sql.settings import SqlSettings
from toolmesh_tool_sql.tools import TOOLS, offered
from toolmesh_toolkit import run_tools

if __name__ == "__main__":
    run_tools("sql", TOOLS, SqlSettings, state=open_desk, offered=offered)
