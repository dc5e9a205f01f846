"""Runs the gateway: `python -m toolmesh_gateway`."""

from toolmesh_core.service import run_service
from toolmesh_gateway.bootstrap import bootstrap
from toolmesh_gateway.settings import GatewaySettings

if __name__ == "__main__":
    run_service("gateway", GatewaySettings, bootstrap)
