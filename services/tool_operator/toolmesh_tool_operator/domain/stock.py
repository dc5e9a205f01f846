"""What the operator adds to each Tool by its own settings."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stock:
    """Choices of the cluster, not of a tool's owner.

    Attributes:
        runner_image: serves Python files of a folder.
        router_namespace: where the router's pods are; empty for the tool's own namespace.
        router_labels: labels of the router's pods: the only ones that may call a tool.
        metrics_namespace: whose pods may read /metrics; empty for nobody.
    """

    runner_image: str
    router_namespace: str = ""
    router_labels: dict[str, str] = field(default_factory=lambda: {"app.kubernetes.io/component": "tool-router"})
    metrics_namespace: str = ""
