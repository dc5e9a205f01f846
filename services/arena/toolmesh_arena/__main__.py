"""Starts the arena service: `python -m toolmesh_arena`."""

from toolmesh_arena.bootstrap import bootstrap
from toolmesh_arena.settings import ArenaSettings
from toolmesh_core.service import run_service

if __name__ == "__main__":
    run_service("arena", ArenaSettings, bootstrap)
