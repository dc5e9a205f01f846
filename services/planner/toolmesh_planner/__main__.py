"""Runs the planner as a process."""

from toolmesh_core.service import run_service
from toolmesh_planner.bootstrap import bootstrap
from toolmesh_planner.settings import PlannerSettings

if __name__ == "__main__":
    run_service("planner", PlannerSettings, bootstrap)
