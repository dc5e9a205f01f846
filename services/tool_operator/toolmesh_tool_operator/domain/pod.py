"""The pod of a tool: nothing more than it needs."""

import hashlib
import json

from toolmesh_tool_operator.domain.labels import (
    GRPC_PORT_NAME,
    METRICS_PORT,
    METRICS_PORT_NAME,
    REVISION,
    Manifest,
    labels_of,
    selector_of,
)
from toolmesh_tool_operator.domain.stock import Stock
from toolmesh_tool_operator.domain.tool import Tool

_SOURCE_FOLDER = "/tool"
_USER = 10001
# Longer than the longest call: the health says no first, calls end, and only then is a pod killed.
_DRAIN_MORE_S = 5
_KILL_MORE_S = 15
# So soon the router finds a pod that an autoscaler added.
_CONNECTION_AGE_S = 30


def pod_template(tool: Tool, stock: Stock) -> Manifest:
    """The template, labelled with its own hash so that the pods of a version are known from those before."""
    spec = _pod_spec(tool, stock)
    revision = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:10]
    return {"metadata": {"labels": {**labels_of(tool), REVISION: revision}}, "spec": spec}


def _pod_spec(tool: Tool, stock: Stock) -> Manifest:
    spec = tool.spec
    volumes: list[Manifest] = [{"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}}]
    if spec.source:
        volumes.append({"name": "source", "configMap": {"name": spec.source.configMap}})
    pod: Manifest = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": spec.timeoutSeconds + _KILL_MORE_S,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            _spread(tool, "kubernetes.io/hostname"),
            _spread(tool, "topology.kubernetes.io/zone"),
        ],
        "containers": [_container(tool, stock)],
        "volumes": volumes,
    }
    if spec.runtimeClassName:
        pod["runtimeClassName"] = spec.runtimeClassName
    if spec.imagePullSecrets:
        pod["imagePullSecrets"] = [{"name": name} for name in spec.imagePullSecrets]
    return pod


def _spread(tool: Tool, topology_key: str) -> Manifest:
    return {
        "maxSkew": 1,
        "topologyKey": topology_key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector_of(tool.name)},
    }


def _container(tool: Tool, stock: Stock) -> Manifest:
    spec = tool.spec
    mounts: list[Manifest] = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108 - in the pod, its own
    container: Manifest = {
        "name": "tool",
        "image": spec.image or stock.runner_image,
        "env": _env(tool),
        "ports": [
            {"name": GRPC_PORT_NAME, "containerPort": spec.port, "protocol": "TCP"},
            {"name": METRICS_PORT_NAME, "containerPort": METRICS_PORT, "protocol": "TCP"},
        ],
        "resources": {"requests": dict(spec.resources.requests), "limits": dict(spec.resources.limits)},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "startupProbe": _probe(spec.port, period_s=1, failures=120),
        "readinessProbe": _probe(spec.port, period_s=2, failures=2),
        "livenessProbe": _probe(spec.port, period_s=10, failures=6),
        # A container that ends says why in its status, where a person looks first.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }
    if spec.source:
        mounts.append({"name": "source", "mountPath": _SOURCE_FOLDER, "readOnly": True})
        container["args"] = [tool.name, _SOURCE_FOLDER]
    return container


def _probe(port: int, *, period_s: int, failures: int) -> Manifest:
    return {
        "grpc": {"port": port, "service": ""},
        "periodSeconds": period_s,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }


def _env(tool: Tool) -> list[Manifest]:
    """The settings of every tool service by the tool's name, then the owner's, which win."""
    spec, prefix = tool.spec, f"TOOLMESH_TOOL_{tool.name.upper().replace('-', '_')}_"
    values = {
        f"{prefix}LISTEN": f"0.0.0.0:{spec.port}",
        f"{prefix}METRICS_LISTEN": f"0.0.0.0:{METRICS_PORT}",
        f"{prefix}DRAIN_TIMEOUT_S": str(spec.timeoutSeconds + _DRAIN_MORE_S),
        f"{prefix}MAX_CONNECTION_AGE_S": str(_CONNECTION_AGE_S),
        f"{prefix}DATA_DIR": "/tmp/data",  # noqa: S108
        "HOME": "/tmp",  # noqa: S108
        **{variable.name: variable.value for variable in spec.env},
    }
    for secret in spec.secrets:
        values.pop(secret.env, None)
    plain: list[Manifest] = [{"name": name, "value": value} for name, value in values.items()]
    return plain + [
        {"name": one.env, "valueFrom": {"secretKeyRef": {"name": one.secret, "key": one.key}}} for one in spec.secrets
    ]
