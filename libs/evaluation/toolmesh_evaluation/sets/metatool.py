"""MetaTool: which tool serves a request; only requests of tools that are held back from training."""

import csv
import json
from pathlib import Path

from toolmesh_core.errors import NotFound
from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, DialogueTool
from toolmesh_dialogues.held_back import is_held_back
from toolmesh_evaluation.case import Case
from toolmesh_evaluation.evaluation_set import EvaluationSet, Tools
from toolmesh_evaluation.judge_calls import judge_calls
from toolmesh_evaluation.tool_names import safe_tool_name, schema_of

FILES = ("plugin_des.json", "big_tool_des.json")
HEADLINE = ("action_em", "retrieval_recall@5")


def read_metatool(folder: Path, tools: Tools) -> EvaluationSet:
    """Given tools are all that are held back: they have about the same number of requests each."""
    known: dict[str, DialogueTool] = {}
    for file in FILES:
        described = json.loads(_text(folder / file))
        for name, description in described.items():
            known[safe_tool_name(name)] = DialogueTool(safe_tool_name(name), description, schema_of({}, []))
    offered = tuple(tool for tool in known.values() if is_held_back(tool.name)) if tools == "given" else ()
    rows = csv.DictReader(_text(folder / "queries.csv").splitlines())
    cases = tuple(
        _case(number, row["Query"], safe_tool_name(row["Tool"]), offered)
        for number, row in enumerate(rows)
        if is_held_back(safe_tool_name(row["Tool"])) and safe_tool_name(row["Tool"]) in known
    )
    return EvaluationSet("metatool", cases, tuple(known.values()), judge_calls, HEADLINE)


def _case(number: int, query: str, tool: str, offered: tuple[DialogueTool, ...]) -> Case:
    return Case(
        id=f"metatool-{number}",
        group=tool,
        kind=tool,
        language="en",
        messages=(DialogueMessage("user", query),),
        expected="calls",
        gold_calls=(DialogueCall("gold", tool, {}),),
        tools=offered,
        most_calls=1,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound(f"{path} is not there; give the folder that holds it with --data") from error
