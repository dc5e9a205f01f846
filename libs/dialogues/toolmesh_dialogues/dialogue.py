"""A tool-use dialogue as training and evaluation see it: the tools on offer and the messages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["model_api", "common_api", "api_oriented", "api_agnostic"]
Language = Literal["en", "zh"]
Role = Literal["system", "user", "assistant", "tool"]

KINDS: tuple[Kind, ...] = ("model_api", "common_api", "api_oriented", "api_agnostic")
LANGUAGES: tuple[Language, ...] = ("en", "zh")
ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class DialogueTool:
    """A tool as the model is shown it; `examples` are requests it serves."""

    name: str
    description: str
    arguments_schema: Mapping[str, Any]
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DialogueCall:
    """One call of a tool; `id` ties it to the tool message with its result."""

    id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DialogueMessage:
    """One message. Only the assistant has `tool_calls`; only a tool has `tool_call_id` and `tool`.

    `asks_for` names the tool that an assistant's question back is for, where no call of it follows to tell.
    """

    role: Role
    content: str
    tool_calls: tuple[DialogueCall, ...] = ()
    tool_call_id: str = ""
    tool: str = ""
    asks_for: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A whole dialogue. `tools` are the candidates shown, best first, right ones and distractors."""

    id: str
    kind: Kind
    language: Language
    source: str
    tools: tuple[DialogueTool, ...]
    messages: tuple[DialogueMessage, ...]

    def calls(self) -> Iterator[DialogueCall]:
        """Every call, in the order in which the assistant made them."""
        for message in self.messages:
            yield from message.tool_calls


@dataclass(frozen=True, slots=True)
class DialogueHeader:
    """What the first line of a file says about the rest of it."""

    name: str
    seed: int
    sources: tuple[str, ...] = field(default=())
