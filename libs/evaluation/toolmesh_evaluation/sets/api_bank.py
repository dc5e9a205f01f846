"""API-Bank: whole dialogues; each turn of the AI and each API call is a case with all recorded turns before it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage, DialogueTool
from toolmesh_evaluation.case import Case
from toolmesh_evaluation.evaluation_set import EvaluationSet, Tools
from toolmesh_evaluation.json_lines import field, read_json_lines
from toolmesh_evaluation.judge_calls import judge_calls
from toolmesh_evaluation.tool_names import safe_tool_name, schema_of

HEADLINE = ("action_em", "argument_f1", "rouge_l")


def read_api_bank(folder: Path, level: str, tools: Tools) -> EvaluationSet:
    """`level` is "level1" or "level2"; given tools are those that the dialogue calls."""
    known = {tool.name: tool for tool in map(_tool, read_json_lines(folder / "apis.jsonl"))}
    cases: list[Case] = []
    for row in read_json_lines(folder / f"{level}.jsonl"):
        cases += _cases(row["id"], field(row, "turns", f"{level}: {row['id']}"), known, tools)
    return EvaluationSet(f"api_bank_{level}", tuple(cases), tuple(known.values()), judge_calls, HEADLINE)


def _cases(
    dialogue: str, turns: Sequence[Mapping[str, Any]], known: Mapping[str, DialogueTool], tools: Tools
) -> list[Case]:
    messages = [_messages(turn, f"{dialogue}: turn {number}", number) for number, turn in enumerate(turns)]
    called = dict.fromkeys(call.tool for group in messages for message in group for call in message.tool_calls)
    found: list[Case] = []
    for number, turn in enumerate(turns):
        history = tuple(message for group in messages[:number] for message in group)
        # Nothing can be decided before somebody has asked something.
        if turn["role"] == "User" or not any(message.role == "user" for message in history):
            continue
        gold = messages[number][0]
        found.append(
            Case(
                id=f"{dialogue}#{number}",
                group=dialogue,
                kind=_kind(turns, number),
                language="en",
                messages=history,
                expected="calls" if gold.tool_calls else "text",
                gold_calls=gold.tool_calls,
                gold_text=gold.content,
                tools=tuple(known[name] for name in called if name in known) if tools == "given" else (),
                # A turn of the recorded dialogues holds one call.
                most_calls=1,
            )
        )
    return found


def _kind(turns: Sequence[Mapping[str, Any]], number: int) -> str:
    if turns[number]["role"] == "API":
        return "call"
    if number and turns[number - 1]["role"] == "API":
        return "report of a result"
    following = turns[number + 1]["role"] if number + 1 < len(turns) else ""
    return "announcement of a call" if following == "API" else "question or talk"


def _messages(turn: Mapping[str, Any], where: str, number: int) -> tuple[DialogueMessage, ...]:
    role = field(turn, "role", where)
    if role in ("User", "AI"):
        return (DialogueMessage("user" if role == "User" else "assistant", field(turn, "text", where)),)
    if role != "API":
        raise InvalidInput(f'{where}: "role" must be User, AI or API, got {role!r}')
    name = safe_tool_name(field(turn, "api_name", where))
    call = DialogueCall(f"call_{number}", name, field(turn, "param_dict", where))
    result = json.dumps(_result(turn), ensure_ascii=False)
    return (
        DialogueMessage("assistant", "", (call,)),
        DialogueMessage("tool", result, tool_call_id=call.id, tool=name),
    )


def _result(turn: Mapping[str, Any]) -> Any:
    """A result as the platform tells it: the output alone, or the error."""
    recorded = turn.get("result")
    if not isinstance(recorded, Mapping):
        return recorded
    if recorded.get("exception"):
        return {"error": str(recorded["exception"])}
    return recorded.get("output")


def _tool(row: Mapping[str, Any]) -> DialogueTool:
    parameters = row["input_parameters"]
    required = [name for name, value in parameters.items() if "optional" not in value["description"].lower()]
    return DialogueTool(safe_tool_name(row["name"]), row["description"], schema_of(parameters, required))
