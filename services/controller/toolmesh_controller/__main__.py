"""Starts the controller: python -m toolmesh_controller."""

from toolmesh_controller.bootstrap import bootstrap
from toolmesh_controller.settings import ControllerSettings
from toolmesh_core.service import run_service

if __name__ == "__main__":
    run_service("controller", ControllerSettings, bootstrap)
