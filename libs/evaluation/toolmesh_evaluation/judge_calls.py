"""How a case is judged where its set has no checker of its own."""

from collections import Counter
from collections.abc import Mapping

from toolmesh_evaluation.case import Case, Observed
from toolmesh_evaluation.metrics.calls import (
    action_exact_match,
    argument_counts,
    argument_f1,
    tool_f1,
    valid_call_share,
)
from toolmesh_evaluation.metrics.retrieval import recall_at
from toolmesh_evaluation.metrics.rouge_l import rouge_l

RECALL_AT = (1, 5, 8)


def judge_calls(case: Case, observed: Observed) -> tuple[Mapping[str, float], str]:
    """Scores by metric, and what went wrong in a few words."""
    return {**_expected_scores(case, observed), **shared_scores(case, observed)}, fault_of(case, observed)


def shared_scores(case: Case, observed: Observed) -> dict[str, float]:
    """What is measured in every set: valid calls, and recall where tools were retrieved."""
    scores: dict[str, float] = {}
    valid = valid_call_share(observed.calls, observed.candidates)
    if valid is not None:
        scores["valid_call_rate"] = valid
    if not case.tools and not observed.error:
        names = [tool.name for tool in observed.candidates]
        for k in RECALL_AT:
            found = recall_at(k, [call.tool for call in case.gold_calls], names)
            if found is not None:
                scores[f"retrieval_recall@{k}"] = found
    return scores


def fault_of(case: Case, observed: Observed) -> str:
    """The first thing that went wrong; empty where nothing did. Free text is never at fault."""
    if observed.error:
        return observed.refusal
    if case.expected != "calls":
        return "call not wanted" if observed.calls else ""
    if not observed.calls:
        return "no call"
    wrong_tools = _wrong_tools(case, observed)
    return wrong_tools or _wrong_arguments(case, observed)


def _expected_scores(case: Case, observed: Observed) -> dict[str, float]:
    if case.expected == "calls":
        return {
            "action_em": action_exact_match(case.gold_calls, observed.calls),
            "argument_f1": argument_f1(case.gold_calls, observed.calls),
            "tool_f1": tool_f1(case.gold_calls, observed.calls),
            "called": float(bool(observed.calls)),
        }
    kept = float(not observed.calls and not observed.error)
    if case.expected == "no_call":
        return {"abstention": kept}
    return {"abstention": kept, "rouge_l": 0.0 if observed.calls else rouge_l(case.gold_text, observed.text)}


def _wrong_tools(case: Case, observed: Observed) -> str:
    right = Counter(call.tool for call in case.gold_calls)
    made = Counter(call.tool for call in observed.calls)
    missing, extra = right - made, made - right
    if missing and not case.tools and set(missing) - {tool.name for tool in observed.candidates}:
        return "tool not retrieved"
    if missing and extra:
        return "wrong tool"
    if missing:
        return "call missing"
    return "call too many" if extra else ""


def _wrong_arguments(case: Case, observed: Observed) -> str:
    counts = argument_counts(case.gold_calls, observed.calls)
    shared = counts.half + counts.full
    if shared < counts.gold:
        return "argument missing"
    if shared < counts.made:
        return "argument too many"
    return "argument value" if counts.half else ""
