"""Tool services that the platform runs, and what they are made of."""

from datetime import datetime
from typing import Any

from pydantic import Field

from toolmesh_sdk.records.record import Record


class ResourceLimits(Record):
    """Bounds of a deployment's processes; 0 leaves the platform's default. memory in bytes."""

    memory_bytes: int = 0
    open_files: int = 0
    processes: int = 0


class DeploymentSource(Record):
    """What to run: one of its fields, each in the shape of toolmesh.tool_host.v1.DeploymentSource as JSON.

    python: {"files": [{"path": ..., "content": base64}], "secrets": [...]}; `python_source` makes it.
    openapi: {"document": ..., "server_url": ..., "tags": [...], "secrets": {...}, ...}
    mcp: {"command": {...}} or {"endpoint": {"url": ...}}
    grpc: {"address": ..., "tls": ..., "services": [...], ...}
    """

    python: dict[str, Any] | None = None
    openapi: dict[str, Any] | None = None
    mcp: dict[str, Any] | None = None
    grpc: dict[str, Any] | None = None


class ToolDeployment(Record):
    """A tool service that the platform runs.

    state: "starting", "ready", "restarting", "failed" or "removing"; detail says why it is not ready, or why the last
    offered version was refused. version counts those that took over; restarts are of this version's process.
    """

    name: str
    version: int = 0
    state: str = "unspecified"
    kind: str = ""
    tools: list[str] = Field(default_factory=list)
    detail: str = ""
    restarts: int = 0
    digest: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None
    limits: ResourceLimits = ResourceLimits()
