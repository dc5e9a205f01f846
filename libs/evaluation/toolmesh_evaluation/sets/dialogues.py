"""Any file of dialogues in our own format: each assistant message is a case with all messages before it."""

from collections.abc import Iterator
from pathlib import Path

from toolmesh_core.errors import NotFound
from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_dialogues.dialogue_file import read_dialogues
from toolmesh_evaluation.case import Case
from toolmesh_evaluation.evaluation_set import EvaluationSet, Tools
from toolmesh_evaluation.judge_calls import judge_calls

HEADLINE = ("action_em", "argument_f1", "rouge_l", "abstention")


def read_dialogue_set(path: Path, tools: Tools) -> EvaluationSet:
    """Given tools are the dialogue's own; else all tools of the file are searched."""
    if not path.is_file():
        raise NotFound(f"{path} is not a file; give one dialogue file with --data")
    dialogues = list(read_dialogues(path))
    known = {tool.name: tool for dialogue in dialogues for tool in dialogue.tools}
    cases = tuple(case for dialogue in dialogues for case in _cases(dialogue, tools))
    return EvaluationSet(
        "dialogues", cases, tuple(known.values()) if tools == "retrieved" else (), judge_calls, HEADLINE
    )


def _cases(dialogue: Dialogue, tools: Tools) -> Iterator[Case]:
    for number, message in enumerate(dialogue.messages):
        history = dialogue.messages[:number]
        if message.role != "assistant" or not any(earlier.role == "user" for earlier in history):
            continue
        yield Case(
            id=f"{dialogue.id}#{number}",
            group=dialogue.id,
            kind=dialogue.kind,
            language=dialogue.language,
            messages=history,
            expected="calls" if message.tool_calls else "text",
            gold_calls=message.tool_calls,
            gold_text=message.content,
            tools=dialogue.tools if tools == "given" else (),
        )
