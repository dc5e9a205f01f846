"""Seal-Tools: a query and its calls. Later calls may use earlier results: the conversation goes on with stand-ins."""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, DialogueTool
from toolmesh_evaluation.case import Case
from toolmesh_evaluation.evaluation_set import EvaluationSet, Tools
from toolmesh_evaluation.json_lines import field, read_json_lines
from toolmesh_evaluation.judge_calls import judge_calls
from toolmesh_evaluation.tool_names import safe_tool_name, schema_of

HEADLINE = ("action_em", "argument_f1", "retrieval_recall@8")


def read_seal_tools(folder: Path, part: str, tools: Tools) -> EvaluationSet:
    """`part` is "in_domain" or "out_domain"; given tools are just the right ones of each query."""
    rows = {safe_tool_name(row["api_name"]): row for row in read_json_lines(folder / "tool.jsonl")}
    known = {name: _tool(name, row) for name, row in rows.items()}
    cases = tuple(
        _case(row, known, rows, tools, f"{part}: {row.get('id', '?')}")
        for row in read_json_lines(folder / f"test_{part}.jsonl")
    )
    return EvaluationSet(f"seal_tools_{part}", cases, tuple(known.values()), judge_calls, HEADLINE)


def _case(
    row: Mapping[str, Any], known: Mapping[str, DialogueTool], rows: Mapping[str, Any], tools: Tools, where: str
) -> Case:
    recorded = field(row, "calling", where)
    gold = tuple(
        DialogueCall(f"gold_{number}", safe_tool_name(call["api"]), call["parameters"])
        for number, call in enumerate(recorded)
    )
    names = dict.fromkeys(call.tool for call in gold)
    return Case(
        id=row["id"],
        group=row["id"],
        kind="one call" if len(gold) == 1 else "several calls, some on results" if _nested(gold) else "several calls",
        language="en",
        messages=(DialogueMessage("user", field(row, "query", where)),),
        expected="calls",
        gold_calls=gold,
        tools=tuple(known[name] for name in names) if tools == "given" else (),
        results=_results(recorded, rows),
    )


def _nested(calls: tuple[DialogueCall, ...]) -> bool:
    return any(isinstance(value, str) and "API_call_" in value for call in calls for value in call.arguments.values())


def _results(recorded: list[dict[str, Any]], rows: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The marks API_call_N under the names of the fields that they stand for: later calls hold them as values."""
    found: dict[str, list[str]] = defaultdict(list)
    for call in recorded:
        name = safe_tool_name(call["api"])
        fields = rows[name]["responses"] if name in rows else {}
        found[name].append(json.dumps(dict(zip(fields, call.get("responses", []), strict=False))))
    return {name: tuple(results) for name, results in found.items()}


def _tool(name: str, row: Mapping[str, Any]) -> DialogueTool:
    return DialogueTool(name, row["api_description"], schema_of(row["parameters"], row.get("required", [])))
