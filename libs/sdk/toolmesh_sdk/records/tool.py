"""Tools, what searching and calling them gives, and the services they are on."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from toolmesh_sdk.records.record import Duration, Record


class Tool(Record):
    """A capability an agent can call; arguments_schema and output_schema are JSON Schemas, cost_usd is of one call."""

    name: str
    description: str = ""
    arguments_schema: dict[str, Any] = Field(default_factory=dict)
    output_schema: dict[str, Any] | None = None
    idempotent: bool = False
    read_only: bool = False
    needs_approval: bool = False
    timeout: Duration | None = None
    tags: list[str] = Field(default_factory=list)
    version: str = ""
    examples: list[str] = Field(default_factory=list)
    cost_usd: float = 0.0
    tool_service: str = ""


class ScoredTool(Record):
    """A tool and how well it fits: 0 (unrelated) to 1 (certainly right)."""

    tool: Tool
    score: float = 0.0
    lexical_score: float = 0.0
    dense_score: float = 0.0


class ToolSearch(Record):
    """Tools that fit a request, best first; degraded says which part of the search was left out, and why."""

    results: list[ScoredTool] = Field(default_factory=list)
    searched: int = 0
    degraded: str = ""


class ArtifactRef(Record):
    """A large output kept as an artifact."""

    artifact: str
    media_type: str = ""
    size_bytes: int = 0


class ToolFailure(Record):
    """Why a tool said no."""

    reason: str = ""
    message: str = ""
    retryable: bool = False


class ToolResult(Record):
    """How one call ended: failure is None where it went well."""

    output: Any = None
    failure: ToolFailure | None = None
    artifacts: list[ArtifactRef] = Field(default_factory=list)


class ToolInvocation(Record):
    """The output of one call; truncated: it is a summary and the whole is an artifact."""

    output: Any = None
    artifacts: list[ArtifactRef] = Field(default_factory=list)
    call_duration: Duration = timedelta()
    attempts: int = 0
    truncated: bool = False


class ToolService(Record):
    """A process that serves tools. state: "ready", "unreachable" or "broken"; detail says why not ready."""

    name: str
    address: str = ""
    state: str = "unspecified"
    tools: list[str] = Field(default_factory=list)
    detail: str = ""
    create_time: datetime | None = None
