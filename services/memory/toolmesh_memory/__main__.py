"""Starts the memory service: `python -m toolmesh_memory`."""

from toolmesh_core.service import run_service
from toolmesh_memory.bootstrap import bootstrap
from toolmesh_memory.settings import MemorySettings

if __name__ == "__main__":
    run_service("memory", MemorySettings, bootstrap)
