"""What the controller reads and decides: messages, candidate tools, decisions. Plain data."""

from dataclasses import dataclass, field
from enum import Enum


class Role(Enum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ToolChoice(Enum):
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"


class Finish(Enum):
    """Why a text ended."""

    NONE = "none"
    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    tool: str
    arguments_json: str


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    tool: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tool that may be called; `score` is the retriever's, 0 to 1, 0 where nothing is known."""

    name: str
    description: str
    schema_json: str
    score: float = 0.0
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class Usage:
    """Tokens spent, added up over the calls of one decision."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    def add(self, other: "Usage") -> None:
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.cached_tokens += other.cached_tokens


@dataclass(frozen=True, slots=True)
class ChoiceScore:
    """How one choice scored; `tool` is empty for "no tool"."""

    tool: str
    probability: float
    retriever_score: float = 0.0
    llm_log_probability: float = 0.0


@dataclass(slots=True)
class ContextCut:
    """What was left out to fit the model's context."""

    dropped_messages: int = 0
    dropped_candidates: int = 0
    cut_result_tokens: int = 0

    def plus(self, other: "ContextCut") -> "ContextCut":
        """What two prompts of one decision left out, together."""
        return ContextCut(
            self.dropped_messages + other.dropped_messages,
            self.dropped_candidates + other.dropped_candidates,
            self.cut_result_tokens + other.cut_result_tokens,
        )

    @property
    def empty(self) -> bool:
        return not (self.dropped_messages or self.dropped_candidates or self.cut_result_tokens)


@dataclass(frozen=True, slots=True)
class Decision:
    """Exactly one of `calls`, `answer`, `question` is set."""

    calls: tuple[ToolCall, ...] = ()
    answer: str | None = None
    question: str | None = None
    usage: Usage = field(default_factory=Usage)
    scores: tuple[ChoiceScore, ...] = ()
    context_cut: ContextCut = field(default_factory=ContextCut)
    finish: Finish = Finish.NONE
