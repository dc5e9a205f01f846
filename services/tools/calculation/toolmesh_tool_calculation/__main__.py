"""Serves the calculation tools."""

from toolmesh_tool_calculation.bootstrap import open_desk
from toolmesh_tool_calculation.settings import CalculationSettings
from toolmesh_tool_calculation.tools import TOOLS
from toolmesh_toolkit import run_tools

if __name__ == "__main__":
    run_tools("calculation", TOOLS, CalculationSettings, state=open_desk)
