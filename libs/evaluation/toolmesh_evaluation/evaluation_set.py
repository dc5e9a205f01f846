"""What a set is: its cases, its tools, and how a case is judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from toolmesh_dialogues.dialogue import DialogueTool
from toolmesh_evaluation.case import Case, Observed

Judge = Callable[[Case, Observed], tuple[Mapping[str, float], str]]
Tools = Literal["given", "retrieved"]


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """A set that was read.

    Attributes:
        tools: all there are; the retriever searches them where a case brings none of its own.
        judge: scores and fault of a case.
        headline: the metrics to look at first.
    """

    name: str
    cases: tuple[Case, ...]
    tools: tuple[DialogueTool, ...]
    judge: Judge
    headline: tuple[str, ...]

    @property
    def needs_retriever(self) -> bool:
        """Whether some case brings no tools of its own."""
        return bool(self.tools) and any(not case.tools for case in self.cases)
