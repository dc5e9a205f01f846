"""What keeps pods of a version from serving, in words a person can act on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from toolmesh_tool_operator.domain.labels import REVISION

# Waiting reasons that do not pass by themselves, or not before a person should know.
_STUCK = {
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
}
_MOST_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why it does not go on: one word for programs, one sentence for people."""

    reason: str
    message: str


def trouble_of(pods: Iterable[Mapping[str, Any]], revision: str) -> Trouble | None:
    """The first trouble among the pods of a version; None where there is none."""
    for pod in sorted(pods, key=lambda one: str(one["metadata"]["name"])):
        if (pod["metadata"].get("labels") or {}).get(REVISION) != revision or pod["metadata"].get("deletionTimestamp"):
            continue
        trouble = _unscheduled(pod) or _container(pod)
        if trouble:
            return trouble
    return None


def _unscheduled(pod: Mapping[str, Any]) -> Trouble | None:
    for condition in pod.get("status", {}).get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "Unschedulable":
            return _trouble(pod, "Unschedulable", condition.get("message", "no node has room for it"))
    return None


def _container(pod: Mapping[str, Any]) -> Trouble | None:
    for container in pod.get("status", {}).get("containerStatuses") or []:
        waiting = container.get("state", {}).get("waiting") or {}
        ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated")
        restarted = container.get("restartCount", 0) > 0 and not container.get("ready")
        if waiting.get("reason") in _STUCK:
            return _trouble(pod, waiting["reason"], _how_it_ended(ended) or waiting.get("message", "no more is known"))
        if ended and restarted:
            return _trouble(pod, "ContainerRestarts", _how_it_ended(ended))
    return None


def _how_it_ended(ended: Mapping[str, Any] | None) -> str:
    if not ended:
        return ""
    said = " ".join(str(ended.get("message", "")).split())
    what = f"its container ended with exit code {ended.get('exitCode')} ({ended.get('reason', 'no reason')})"
    return f"{what}: …{said[-_MOST_CHARACTERS:]}" if said else what


def _trouble(pod: Mapping[str, Any], reason: str, message: str) -> Trouble:
    return Trouble(reason, f"pod {pod['metadata']['name']}: {message[: 2 * _MOST_CHARACTERS]}")
