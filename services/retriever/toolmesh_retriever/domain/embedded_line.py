"""A text that is embedded: a question or a passage, named by its content so that its vector is made once."""

import hashlib
from dataclasses import dataclass
from enum import Enum


class TextKind(Enum):
    """What an embedded text is; models treat the two differently."""

    REQUEST = "request"
    PASSAGE = "passage"


@dataclass(frozen=True, slots=True)
class EmbeddedLine:
    """A text and what it is; `key` names both."""

    text: str
    kind: TextKind
    key: str

    @classmethod
    def of(cls, text: str, kind: TextKind) -> "EmbeddedLine":
        """With its key."""
        return cls(text, kind, hashlib.sha256(f"{kind.value}:{text}".encode()).hexdigest())
