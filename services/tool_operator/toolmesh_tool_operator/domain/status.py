"""The status of a Tool: what is so, since when, and why, from what the cluster says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from toolmesh_tool_operator.domain.labels import REVISION, Manifest, selector_of
from toolmesh_tool_operator.domain.pod_trouble import Trouble, trouble_of


@dataclass(frozen=True, slots=True)
class Finding:
    """How a condition is now."""

    status: bool
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far the pods of the present version are."""

    wanted: int
    updated: int
    ready: int
    old: int
    seen: bool

    @property
    def done(self) -> bool:
        """Whether all that serve are of this version, and as many as wanted."""
        return self.seen and self.old == 0 and self.updated == self.wanted and self.ready >= self.wanted


def rollout_of(deployment: Mapping[str, Any]) -> Rollout:
    """What a Deployment says of itself."""
    status = deployment.get("status") or {}
    updated = status.get("updatedReplicas", 0)
    return Rollout(
        wanted=deployment["spec"]["replicas"],
        updated=updated,
        ready=status.get("readyReplicas", 0),
        old=status.get("replicas", 0) - updated,
        seen=status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1),
    )


def findings(deployment: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> dict[str, Finding]:
    """The conditions of a Tool whose objects are all as they should be."""
    rollout = rollout_of(deployment)
    revision = deployment["spec"]["template"]["metadata"]["labels"][REVISION]
    trouble = trouble_of(pods, revision) or _deployment_trouble(deployment)
    count = f"{rollout.ready} of {rollout.wanted} replicas ready"
    if trouble:
        bad = Finding(False, trouble.reason, f"{count}; {trouble.message}")
        return {
            "Ready": bad if not rollout.done else Finding(True, "ReplicasReady", count),
            "Progressing": Finding(False, trouble.reason, "it does not go on by itself"),
            "Degraded": Finding(True, trouble.reason, trouble.message),
        }
    well = Finding(False, "AsExpected", "nothing is wrong")
    if rollout.done:
        reason = "ReplicasReady" if rollout.wanted else "ScaledToZero"
        return {
            "Ready": Finding(True, reason, count),
            "Progressing": Finding(False, "Complete", "this version is rolled out"),
            "Degraded": well,
        }
    step = f"{rollout.updated} of {rollout.wanted} replicas are of this version, {rollout.ready} ready"
    return {
        "Ready": Finding(False, "RollingOut", count),
        "Progressing": Finding(True, "RollingOut", step),
        "Degraded": well,
    }


def failed(reason: str, message: str) -> dict[str, Finding]:
    """The conditions of a Tool that could not be brought into shape; whether it serves is not known."""
    return {
        "Ready": Finding(False, reason, message),
        "Progressing": Finding(False, reason, "it waits for this to be mended"),
        "Degraded": Finding(True, reason, message),
    }


def _deployment_trouble(deployment: Mapping[str, Any]) -> Trouble | None:
    for condition in (deployment.get("status") or {}).get("conditions") or []:
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return Trouble(condition.get("reason", "ReplicaFailure"), condition.get("message", "pods cannot be made"))
        if condition.get("type") == "Progressing" and condition.get("status") == "False":
            return Trouble(
                condition.get("reason", "ProgressDeadlineExceeded"),
                condition.get("message", "the pods did not become ready in time"),
            )
    return None


def status_of(
    name: str,
    generation: int,
    found: Mapping[str, Finding],
    before: Mapping[str, Any],
    now: datetime,
    *,
    rollout: Rollout | None = None,
    tools: Sequence[str] | None = None,
) -> Manifest:
    """The whole status; the time of a condition stays until its status turns, and what is not known stays as it was."""
    status: Manifest = {
        "observedGeneration": generation,
        "selector": ",".join(f"{key}={value}" for key, value in selector_of(name).items()),
        "conditions": conditions(found, before, generation, now),
    }
    if rollout is not None:
        status |= {"replicas": rollout.updated + rollout.old, "readyReplicas": rollout.ready}
    if tools is not None:
        status["tools"] = sorted(tools)
    return {**before, **status}


def conditions(
    found: Mapping[str, Finding], before: Mapping[str, Any], generation: int, now: datetime
) -> list[Manifest]:
    """Conditions as the API has them."""
    old = {condition["type"]: condition for condition in before.get("conditions") or []}
    made = []
    for kind, finding in found.items():
        status = "True" if finding.status else "False"
        known = old.get(kind, {})
        since = known.get("lastTransitionTime") if known.get("status") == status else None
        made.append(
            {
                "type": kind,
                "status": status,
                "reason": finding.reason,
                "message": finding.message,
                "observedGeneration": generation,
                "lastTransitionTime": since or now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )
    return made
