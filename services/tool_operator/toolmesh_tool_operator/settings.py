"""The settings of the tool operator."""

import re
from pathlib import Path

from pydantic import Field, field_validator

from toolmesh_core.settings import ServiceSettings, service_config

_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?=([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class ToolOperatorSettings(ServiceSettings):
    """What the tool operator can be told."""

    model_config = service_config("TOOL_OPERATOR")

    namespaces: str = Field("toolmesh", description="Namespaces whose Tools it keeps, by commas.")
    runner_image: str = Field(
        "toolmesh/tool-runner:0.1.0", min_length=1, description="Image that serves Python sources of a ConfigMap."
    )
    router_namespace: str = Field("", description="Namespace of the router's pods; empty: the tool's own.")
    router_labels: str = Field(
        "app.kubernetes.io/component=tool-router",
        description="Labels of the router's pods, by commas: the only ones that may call a tool.",
    )
    metrics_namespace: str = Field("", description="Namespace whose pods may read a tool's /metrics; empty: none.")
    router_address: str = Field("", description="gRPC target of the router, asked for names of tools; empty: not told.")
    kube_config: Path | None = Field(None, description="Kube config file; unset: the pod's service account.")
    request_timeout_s: float = Field(10.0, gt=0, description="Seconds the Kubernetes API or the router has to answer.")
    resync_s: float = Field(300.0, gt=0, description="Seconds after which a Tool is looked at though nothing moved.")
    first_wait_s: float = Field(
        1.0, gt=0, description="Seconds after a first failure; doubles with each, to five minutes."
    )

    @field_validator("router_labels")
    @classmethod
    def _labels(cls, value: str) -> str:
        # No label at all would let every pod in.
        if not value.strip():
            raise ValueError("must name at least one label of the router's pods")
        return _all_fit(value, _LABEL, "must be key=value, comma separated")

    @field_validator("namespaces")
    @classmethod
    def _namespaces(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must name at least one namespace")
        return _all_fit(value, _NAMESPACE, "must be names of namespaces, comma separated")

    def namespace_list(self) -> list[str]:
        """The namespaces, each once."""
        return list(dict.fromkeys(_items(self.namespaces)))

    def router_label_map(self) -> dict[str, str]:
        """The router's labels by key."""
        return {key: value for key, _, value in (item.partition("=") for item in _items(self.router_labels))}


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _all_fit(value: str, pattern: re.Pattern[str], rule: str) -> str:
    bad = [item for item in _items(value) if not pattern.fullmatch(item)]
    if bad:
        raise ValueError(f"{rule}; not {bad[0]!r}")
    return value
