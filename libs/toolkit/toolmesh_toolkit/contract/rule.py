"""What a rule of the contract is, and what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from toolmesh_toolkit.tool_function import ToolFunction

Tools = Sequence[ToolFunction[..., Any]]
C = TypeVar("C", bound=Callable[..., Any])
Check = TypeVar("Check", bound=Callable[..., Any], covariant=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """Where a rule is broken.

    Attributes:
        tool: its name; empty where it is the service as a whole.
        message: what was wrong, with the value.
    """

    tool: str
    message: str

    def __str__(self) -> str:
        return f"{self.tool}: {self.message}" if self.tool else self.message


@dataclass(frozen=True, slots=True)
class Rule(Generic[Check]):
    """One rule.

    Attributes:
        name: a stable word for programs.
        says: the rule in one sentence.
        remedy: what the tool's author does where it is broken.
        check: finds the problems.
    """

    name: str
    says: str
    remedy: str
    check: Check


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule and what breaks it; kept where nothing does."""

    name: str
    says: str
    remedy: str
    problems: tuple[Problem, ...] = ()

    @property
    def kept(self) -> bool:
        """Nothing breaks it."""
        return not self.problems


def rule(says: str, remedy: str) -> Callable[[C], Rule[C]]:
    """Makes a rule of its check, whose name it takes."""
    return lambda check: Rule(check.__name__, says, remedy, check)
