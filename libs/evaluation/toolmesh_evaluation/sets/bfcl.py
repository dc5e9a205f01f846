"""Berkeley Function Calling Leaderboard v4, non-live Python: judged by the leaderboard's own checker."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import ROLES, DialogueMessage, DialogueTool
from toolmesh_evaluation.case import Case, Observed
from toolmesh_evaluation.evaluation_set import EvaluationSet
from toolmesh_evaluation.json_lines import field, read_json_lines
from toolmesh_evaluation.judge_calls import shared_scores
from toolmesh_evaluation.sets.bfcl_checker import check, installed_data
from toolmesh_evaluation.tool_names import safe_tool_name

TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
_FAULTS = {
    "missing_optional": "optional argument",
    "unexpected_param": "optional argument",
    "missing_required": "argument missing",
    "wrong_func_name": "wrong tool",
    "wrong_count": "wrong number of calls",
    "type_error": "argument type",
}


@dataclass(frozen=True, slots=True)
class _Truth:
    category: str
    functions: tuple[Mapping[str, Any], ...]
    answers: tuple[Mapping[str, Any], ...]


def read_bfcl(folder: Path | None, category: str) -> EvaluationSet:
    """`category` is "simple_python", "multiple" or "irrelevance"; without a folder the installed package's cases."""
    data = folder or installed_data()
    rows = read_json_lines(data / f"BFCL_v4_{category}.json")
    if category == "irrelevance":
        cases = tuple(_case(row, category, ()) for row in rows)
        return EvaluationSet(f"bfcl_{category}", cases, (), _judge_irrelevance, ("abstention",))
    answers = read_json_lines(data / "possible_answer" / f"BFCL_v4_{category}.json")
    truth = {row["id"]: tuple(row["ground_truth"]) for row in answers}
    without = [row["id"] for row in rows if row["id"] not in truth]
    if without:
        raise InvalidInput(f"{data}: no possible answer for {', '.join(without[:5])}; take both files of one version")
    cases = tuple(_case(row, category, truth[row["id"]]) for row in rows)
    return EvaluationSet(f"bfcl_{category}", cases, (), _judge, ("accuracy", "right_tool"))


def _case(row: Mapping[str, Any], category: str, answers: tuple[Mapping[str, Any], ...]) -> Case:
    functions = tuple(field(row, "function", row["id"]))
    return Case(
        id=row["id"],
        group=row["id"],
        kind=category,
        language="en",
        messages=tuple(_message(turn, row["id"]) for turn in field(row, "question", row["id"])[0]),
        expected="calls" if answers else "no_call",
        tools=tuple(_tool(function) for function in functions),
        gold_text=orjson.dumps(answers).decode() if answers else "",
        truth=_Truth(category, functions, answers),
    )


def _message(turn: Mapping[str, str], where: str) -> DialogueMessage:
    role = next((role for role in ROLES if role == turn["role"]), None)
    if role is None:
        raise InvalidInput(f'{where}: "role" must be one of {", ".join(ROLES)}, got {turn["role"]!r}')
    return DialogueMessage(role, turn["content"])


def _judge(case: Case, observed: Observed) -> tuple[Mapping[str, float], str]:
    truth: _Truth = case.truth
    scores = shared_scores(case, observed)
    wanted = safe_tool_name(next(iter(truth.answers[0])))
    right_tool = len(observed.calls) == 1 and observed.calls[0].tool == wanted
    fault = observed.refusal or "no call"
    if observed.calls:
        calls = [{call.tool: dict(call.arguments)} for call in observed.calls]
        fault = _fault(check(truth.functions, calls, truth.answers, truth.category), right_tool=right_tool)
    return {**scores, "accuracy": float(not fault), "right_tool": float(right_tool)}, fault


def _fault(error: str, *, right_tool: bool) -> str:
    if not error:
        return ""
    kind, _, detail = error.rpartition(":")
    if not right_tool:
        return _FAULTS["wrong_count"] if detail == "wrong_count" else _FAULTS["wrong_func_name"]
    return _FAULTS.get(detail) or _FAULTS.get(kind) or "argument value"


def _judge_irrelevance(case: Case, observed: Observed) -> tuple[Mapping[str, float], str]:
    abstained = not observed.calls and not observed.error
    fault = "" if abstained else observed.refusal or "call not wanted"
    return {**shared_scores(case, observed), "abstention": float(abstained)}, fault


def _tool(function: Mapping[str, Any]) -> DialogueTool:
    """Type words become JSON Schema's, dots in the name underscores."""
    return DialogueTool(
        safe_tool_name(function["name"]), function["description"], _schema(function.get("parameters") or {})
    )


def _schema(node: Any) -> Any:
    if isinstance(node, list):
        return [_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            schema[key] = {name: _schema(child) for name, child in value.items()}
        elif key == "type" and isinstance(value, str):
            schema[key] = TYPES.get(value, value)
        elif key not in ("optional", "format") and not (key == "required" and isinstance(value, bool)):
            schema[key] = value if key in ("default", "enum", "required") else _schema(value)
    return schema
