"""Metrics of tool calls: Action EM and Argument F1 (ModelScope-Agent, arXiv 2309.00986, MSAgent-Eval), valid calls."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_core.json_schema import JsonSchema
from toolmesh_dialogues.dialogue import DialogueCall, DialogueTool
from toolmesh_evaluation.metrics.pair_calls import matched, pair_calls


@dataclass(frozen=True, slots=True)
class ArgumentCounts:
    """Half and full matches, right arguments |A| and made arguments |A*|, pooled over the calls of a case."""

    half: int
    full: int
    gold: int
    made: int

    @property
    def recall(self) -> float:
        """(0.5 HM + FM) / |A|; 0 where |A| is 0."""
        return (0.5 * self.half + self.full) / self.gold if self.gold else 0.0

    @property
    def precision(self) -> float:
        """(0.5 HM + FM) / |A*|; 0 where |A*| is 0."""
        return (0.5 * self.half + self.full) / self.made if self.made else 0.0


def action_exact_match(gold: Sequence[DialogueCall], made: Sequence[DialogueCall]) -> float:
    """1 where just the right tools were called, each as often as it should be, in any order; else 0."""
    return float(Counter(call.tool for call in gold) == Counter(call.tool for call in made))


def tool_f1(gold: Sequence[DialogueCall], made: Sequence[DialogueCall]) -> float:
    """F1 of the tools called, each counted as often as it is called: what Action EM is where a case has many calls."""
    right, called = Counter(call.tool for call in gold), Counter(call.tool for call in made)
    total = right.total() + called.total()
    return 2 * (right & called).total() / total if total else 1.0


def argument_counts(gold: Sequence[DialogueCall], made: Sequence[DialogueCall]) -> ArgumentCounts:
    """Counts over all calls of a case. Arguments of calls that have no partner count as missing or as too many."""
    counts = [matched(*pair) for pair in pair_calls(gold, made)]
    return ArgumentCounts(
        half=sum(half for half, _ in counts),
        full=sum(full for _, full in counts),
        gold=sum(len(call.arguments) for call in gold),
        made=sum(len(call.arguments) for call in made),
    )


def argument_f1(gold: Sequence[DialogueCall], made: Sequence[DialogueCall]) -> float:
    """2 R P / (R + P), 0 to 1. Where neither side has an argument: 1 if the tools are right, else 0."""
    counts = argument_counts(gold, made)
    if not counts.gold and not counts.made:
        return action_exact_match(gold, made)
    total = counts.recall + counts.precision
    return 2 * counts.recall * counts.precision / total if total else 0.0


def valid_call_share(made: Sequence[DialogueCall], candidates: Sequence[DialogueTool]) -> float | None:
    """Share of calls that name a candidate, with arguments that its schema knows and allows; None without calls."""
    if not made:
        return None
    by_name = {tool.name: tool for tool in candidates}
    return sum(_is_valid(call, by_name.get(call.tool)) for call in made) / len(made)


def _is_valid(call: DialogueCall, tool: DialogueTool | None) -> bool:
    if tool is None:
        return False
    known = tool.arguments_schema.get("properties", {})
    return all(name in known for name in call.arguments) and JsonSchema(tool.arguments_schema).is_valid(
        dict(call.arguments)
    )
