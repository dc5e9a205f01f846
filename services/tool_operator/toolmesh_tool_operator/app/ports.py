"""What the use cases need of the world outside."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from toolmesh_tool_operator.domain.manifests import Kind


class Cluster(Protocol):
    """Objects in the Kubernetes API; what goes wrong is raised as ToolMeshError."""

    async def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
        """The object; None where there is none."""
        ...

    async def list_pods(self, namespace: str, labels: Mapping[str, str]) -> Sequence[dict[str, Any]]:
        """The pods with these labels."""
        ...

    async def apply(self, kind: Kind, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Makes the object so, whoever wrote its fields before; returns it."""
        ...

    async def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """Deletes exactly this object; one that is gone is no error."""
        ...

    async def write_status(self, namespace: str, name: str, status: Mapping[str, Any]) -> None:
        """Replaces fields of a Tool's status; one that is gone is no error."""
        ...


class ToolNames(Protocol):
    """Who knows which tools a service lists."""

    async def tools_of(self, namespace: str, name: str) -> list[str] | None:
        """Names of the callable tools of a Tool; None where that is not known."""
        ...
