"""A run: one request and all that was done for it."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from toolmesh_sdk.records.conversation import TokenUsage, ToolCall
from toolmesh_sdk.records.record import Duration, Record

_ENDED = frozenset({"succeeded", "failed", "cancelled"})


class RunLimits(Record):
    """How much a run may spend; 0 takes the platform's setting."""

    max_steps: int = 0
    max_tokens: int = 0
    max_duration: Duration = timedelta()

    def to_given_json(self) -> dict[str, Any]:
        """Only the limits that were given."""
        return {name: value for name, value in self.to_json().items() if value not in (0, "0s")}


class RunError(Record):
    """What failed in the platform; code is a gRPC status name."""

    code: str = ""
    reason: str = ""
    message: str = ""


class Run(Record):
    """One request in plain language.

    state: "running", "waiting_for_approval", "succeeded", "failed" or "cancelled".
    end_reason: "answered", "question", "client_tool_calls", "step_limit", "token_limit", "time_limit", "cancelled",
    "platform_failure", "interrupted_call", "approval_refused", or "unspecified" while it goes on.
    output: the answer or the question; a plain sentence where it ended without.
    """

    id: str
    user: str = ""
    session: str = ""
    input: str = ""
    model: str = ""
    state: str = "unspecified"
    end_reason: str = "unspecified"
    output: str = ""
    client_tool_calls: list[ToolCall] = Field(default_factory=list)
    error: RunError | None = None
    usage: TokenUsage = TokenUsage()
    step_count: int = 0
    last_sequence: int = 0
    create_time: datetime | None = None
    end_time: datetime | None = None
    pending_approvals: list[ToolCall] = Field(default_factory=list)
    tools_called: list[str] = Field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Nothing more will happen in it."""
        return self.state in _ENDED

    @property
    def succeeded(self) -> bool:
        """It ended with an answer, a question, or calls for the client."""
        return self.state == "succeeded"

    @property
    def waiting_for_approval(self) -> bool:
        """It waits for a person to approve one of pending_approvals."""
        return self.state == "waiting_for_approval"
