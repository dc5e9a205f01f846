"""All that a Tool becomes in the cluster."""

from dataclasses import dataclass

from toolmesh_tool_operator.domain.labels import (
    DISCOVERED,
    GRPC_PORT_NAME,
    METRICS_PORT,
    METRICS_PORT_NAME,
    Manifest,
    metadata_of,
    selector_of,
)
from toolmesh_tool_operator.domain.network_policy import network_policy
from toolmesh_tool_operator.domain.pod import pod_template
from toolmesh_tool_operator.domain.stock import Stock
from toolmesh_tool_operator.domain.tool import Autoscaling, Tool

PROGRESS_DEADLINE_S = 300


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object and where the API has it."""

    name: str
    group: str
    version: str
    plural: str

    @property
    def api_version(self) -> str:
        """As manifests say it."""
        return f"{self.group}/{self.version}" if self.group else self.version


TOOL = Kind("Tool", "toolmesh.dev", "v1alpha1", "tools")
POD = Kind("Pod", "", "v1", "pods")
DEPLOYMENT = Kind("Deployment", "apps", "v1", "deployments")
SERVICE = Kind("Service", "", "v1", "services")
AUTOSCALER = Kind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers")
BUDGET = Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets")
NETWORK_POLICY = Kind("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies")
CHILD_KINDS = (NETWORK_POLICY, SERVICE, BUDGET, DEPLOYMENT, AUTOSCALER)


def manifests(tool: Tool, stock: Stock, replicas_now: int | None = None) -> dict[Kind, Manifest]:
    """Each object that the Tool wants, in the order in which to make them: the guard comes before the pods.

    Args:
        replicas_now: how many the Deployment has; kept, within bounds, where an autoscaler decides.
    """
    wanted = {
        NETWORK_POLICY: network_policy(tool, stock),
        SERVICE: _service(tool),
        BUDGET: _budget(tool),
        DEPLOYMENT: _deployment(tool, stock, replicas_now),
    }
    if tool.spec.autoscaling:
        wanted[AUTOSCALER] = _autoscaler(tool, tool.spec.autoscaling)
    return wanted


def _deployment(tool: Tool, stock: Stock, replicas_now: int | None) -> Manifest:
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.name,
        "metadata": metadata_of(tool),
        "spec": {
            "replicas": _replicas(tool, replicas_now),
            "selector": {"matchLabels": selector_of(tool.name)},
            # The old pods serve until the new ones do.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "progressDeadlineSeconds": PROGRESS_DEADLINE_S,
            "revisionHistoryLimit": 3,
            "template": pod_template(tool, stock),
        },
    }


def _replicas(tool: Tool, now: int | None) -> int:
    bounds = tool.spec.autoscaling
    if bounds is None:
        return 1 if tool.spec.replicas is None else tool.spec.replicas
    return min(max(bounds.min if now is None else now, bounds.min), bounds.max)


def _service(tool: Tool) -> Manifest:
    """Headless: the router sees each pod and shares the calls out, since a gRPC connection stays with one pod."""
    return {
        "apiVersion": SERVICE.api_version,
        "kind": SERVICE.name,
        "metadata": metadata_of(tool, **{DISCOVERED: "true"}),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "selector": selector_of(tool.name),
            "ports": [
                {"name": GRPC_PORT_NAME, "port": tool.spec.port, "targetPort": GRPC_PORT_NAME, "protocol": "TCP"},
                {
                    "name": METRICS_PORT_NAME,
                    "port": METRICS_PORT,
                    "targetPort": METRICS_PORT_NAME,
                    "protocol": "TCP",
                },
            ],
        },
    }


def _budget(tool: Tool) -> Manifest:
    budget = tool.spec.podDisruptionBudget.model_dump(exclude_none=True)
    return {
        "apiVersion": BUDGET.api_version,
        "kind": BUDGET.name,
        "metadata": metadata_of(tool),
        "spec": {
            "selector": {"matchLabels": selector_of(tool.name)},
            # A pod that does not serve anyway must not hold up the drain of its node.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            **budget,
        },
    }


def _autoscaler(tool: Tool, bounds: Autoscaling) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": bounds.targetCPU}
    return {
        "apiVersion": AUTOSCALER.api_version,
        "kind": AUTOSCALER.name,
        "metadata": metadata_of(tool),
        "spec": {
            "scaleTargetRef": {"apiVersion": DEPLOYMENT.api_version, "kind": DEPLOYMENT.name, "name": tool.name},
            "minReplicas": bounds.min,
            "maxReplicas": bounds.max,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }
