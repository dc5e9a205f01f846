"""Names that are written into the cluster."""

from typing import Any

from toolmesh_tool_operator.domain.tool import API_VERSION, Tool

TOOL_NAME = "toolmesh.dev/tool-name"
DISCOVERED = "toolmesh.dev/tool"
REVISION = "toolmesh.dev/revision"
FIELD_MANAGER = "toolmesh-tool-operator"
GRPC_PORT_NAME = "grpc"
METRICS_PORT = 9464
METRICS_PORT_NAME = "metrics"

Manifest = dict[str, Any]


def selector_of(name: str) -> dict[str, str]:
    """What finds the pods of a tool; never changes, since a Deployment's selector cannot."""
    return {TOOL_NAME: name}


def metadata_of(tool: Tool, **labels: str) -> Manifest:
    """The metadata of an object that belongs to a tool and goes when it goes."""
    return {
        "name": tool.name,
        "namespace": tool.namespace,
        "labels": {**labels_of(tool), **labels},
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": "Tool",
                "name": tool.name,
                "uid": tool.uid,
                "controller": True,
                # True would need a right to the finalizers of Tools.
                "blockOwnerDeletion": False,
            }
        ],
    }


def labels_of(tool: Tool) -> dict[str, str]:
    """Labels of all that belongs to a tool."""
    return {
        "app.kubernetes.io/name": tool.name,
        "app.kubernetes.io/part-of": "toolmesh",
        "app.kubernetes.io/managed-by": FIELD_MANAGER,
        **selector_of(tool.name),
    }
