"""Helpers for tests of services."""

from toolmesh_testing.clock import FakeClock
from toolmesh_testing.processes import ServiceProcess, process
from toolmesh_testing.serving import serving

__all__ = ["FakeClock", "ServiceProcess", "process", "serving"]
