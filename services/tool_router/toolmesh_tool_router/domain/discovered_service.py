"""Tool services that a cluster shows by a label: their names and addresses here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toolmesh_tool_router.domain.tool_definition import NAME_PATTERN

LABEL = "toolmesh.dev/tool"
_PORT_NAME = "grpc"
_ADDRESS = re.compile(r"dns:///(?P<service>[-a-z0-9]+)\.(?P<namespace>[-a-z0-9]+)\.svc:[0-9]+")


@dataclass(frozen=True, slots=True)
class DiscoveredService:
    """A Service with the label.

    Attributes:
        name: NAMESPACE_SERVICE. Names in Kubernetes have no "_", so no two Services share one, and none can pass for
            a tool service that was registered by hand and that a policy trusts by its name.
        address: a DNS target, so that the channel sees each pod of a headless Service and shares the calls out.
    """

    name: str
    address: str


def discovered_service(body: Mapping[str, Any]) -> DiscoveredService | None:
    """The tool service of a Service of the API; None where it has no port or its names are too long together."""
    metadata = body["metadata"]
    service, namespace = str(metadata["name"]), str(metadata["namespace"])
    port = _port_of(body)
    name = f"{namespace}_{service}"
    if port is None or not NAME_PATTERN.fullmatch(name):
        return None
    return DiscoveredService(name, f"dns:///{service}.{namespace}.svc:{port}")


def namespace_of(name: str, address: str) -> str | None:
    """The namespace where a tool service was discovered; None where it was registered by hand."""
    found = _ADDRESS.fullmatch(address)
    if found is None or name != f"{found['namespace']}_{found['service']}":
        return None
    return found["namespace"]


def _port_of(body: Mapping[str, Any]) -> int | None:
    """The port named grpc, else the only one."""
    ports = body.get("spec", {}).get("ports") or []
    named = [port["port"] for port in ports if port.get("name") == _PORT_NAME]
    if named:
        return int(named[0])
    return int(ports[0]["port"]) if len(ports) == 1 else None
