"""A tool call and what happens in it."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call as the caller asks for it; for whom is the platform's word.

    Attributes:
        key: the name of the API key that the request came with, where it is known.
        approved: a person has agreed to the call.
        untrusted_arguments: JSON Pointers of arguments whose text came from an earlier tool result.
        egress_hosts: the hosts that the policy names for the call.
    """

    tool: str
    arguments_json: str
    request_id: str = ""
    user: str = ""
    session: str = ""
    run: str = ""
    tool_call_id: str = ""
    key: str = ""
    approved: bool = False
    untrusted_arguments: tuple[str, ...] = ()
    egress_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call is; fraction is 0 to 1."""

    fraction: float
    message: str


@dataclass(frozen=True, slots=True)
class PartialOutput:
    """A piece of output as text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolFailure:
    """Why a tool said no."""

    reason: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class ArtifactRef:
    """A large output kept in memory's artifact store."""

    artifact: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ArtifactContent:
    """A file that a tool hands over, before it is kept."""

    media_type: str
    file_name: str
    content: bytes

    @property
    def id(self) -> str:
        """The id it gets in memory's artifact store."""
        return f"sha256-{hashlib.sha256(self.content).hexdigest()}"


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool gave: JSON text, or its failure.

    Attributes:
        contents: files that are not kept yet; none in what is passed on.
    """

    output_json: str = ""
    failure: ToolFailure | None = None
    artifacts: tuple[ArtifactRef, ...] = ()
    contents: tuple[ArtifactContent, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """How a call ended.

    Attributes:
        duration_s: tries, waits and storing included.
        truncated: the output was cut, and the whole stored where that was possible.
    """

    outcome: ToolOutcome
    duration_s: float
    attempts: int
    truncated: bool = False


ToolEvent = Progress | PartialOutput | ToolOutcome
CallEvent = Progress | PartialOutput | Finished
