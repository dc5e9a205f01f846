"""A version of a Tool on its way: until it is ready, refused, or out of time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from toolmesh_cli.kubernetes_target.cluster import Cluster
from toolmesh_core.errors import Unavailable

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    Attributes:
        timeout_s: for the whole.
        degraded_s: what is wrong may pass by itself within this; a failed pull of an image often does.
        poll_s: between looks.
    """

    timeout_s: float = 300.0
    degraded_s: float = 20.0
    poll_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it went.

    Attributes:
        reason: why it is not ready; empty where it is.
        tool: as it was seen last.
    """

    reason: str
    tool: Body = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether this version serves."""
        return not self.reason

    @property
    def conditions(self) -> list[Body]:
        """What the operator wrote, as the API has it."""
        return list(self.tool.get("status", {}).get("conditions") or [])


def wait_until_ready(
    cluster: Cluster, name: str, generation: int, patience: Patience, tell: Callable[[str], None]
) -> Verdict:
    """Looks until the operator says of this generation that it is ready, or that it will not be.

    Args:
        tell: is given each new message about the progress.
    """
    begun, wrong_since, said = time.monotonic(), None, ""
    while True:
        tool = cluster.find_tool(name)
        if tool is None:
            return Verdict(f"Tool {name!r} was deleted meanwhile")
        now, known = time.monotonic(), _conditions(tool, generation)
        if known.get("Ready", {}).get("status") == "True":
            return Verdict("", tool)
        wrong = known.get("Degraded", {})
        if wrong.get("status") == "True":
            wrong_since = now if wrong_since is None else wrong_since
            if wrong["reason"] == "InvalidSpec" or now - wrong_since >= patience.degraded_s:
                return Verdict(f"{wrong['reason']}: {wrong['message']}", tool)
        else:
            wrong_since = None
        message = _progress(known)
        if message != said:
            tell(message)
            said = message
        if now - begun >= patience.timeout_s:
            return Verdict(_out_of_time(known, message, patience.timeout_s), tool)
        time.sleep(patience.poll_s)


def wait_until_gone(cluster: Cluster, name: str, patience: Patience) -> None:
    """Looks until the Tool and its pods are gone. Unavailable after the time."""
    begun = time.monotonic()
    while cluster.find_tool(name) is not None:
        if time.monotonic() - begun >= patience.timeout_s:
            raise Unavailable(f"Tool {name!r} is still ending after {patience.timeout_s:g} s; its calls may be long")
        time.sleep(patience.poll_s)


def _conditions(tool: Body, generation: int) -> dict[str, Body]:
    """What is known of this generation; of an earlier one, nothing counts."""
    status = tool.get("status") or {}
    if status.get("observedGeneration", 0) < generation:
        return {}
    return {one["type"]: one for one in status.get("conditions") or []}


def _progress(known: dict[str, Body]) -> str:
    if not known:
        return "waiting for the tool operator"
    wrong = known.get("Degraded", {})
    if wrong.get("status") == "True":
        return f"{wrong['reason']}: {wrong['message']}"
    return str(known.get("Progressing", {}).get("message", ""))


def _out_of_time(known: dict[str, Body], message: str, timeout_s: float) -> str:
    if not known:
        return f"no tool operator looked at it within {timeout_s:g} s: is one running for this namespace?"
    return f"it was not ready within {timeout_s:g} s: {message}"
