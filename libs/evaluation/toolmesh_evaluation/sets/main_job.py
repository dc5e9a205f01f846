"""Requests of users through a running platform: the right tools, the right arguments, and an answer that is right."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage
from toolmesh_evaluation.case import Case, Observed
from toolmesh_evaluation.evaluation_set import EvaluationSet
from toolmesh_evaluation.json_lines import field, read_json_lines

HEADLINE = ("tool_accuracy", "argument_accuracy", "answer_accuracy", "retrieval_recall")
FILE = "main_job.jsonl"
# A rounded figure in an answer still counts.
ANSWER_TOLERANCE = 0.005
_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")


def read_main_job(path: Path) -> EvaluationSet:
    """From a file, or from main_job.jsonl in a folder. `truth` of a case is its whole row."""
    file = path / FILE if path.is_dir() else path
    cases = tuple(_case(row, f"{file}: {row.get('id', '?')}") for row in read_json_lines(file))
    return EvaluationSet("main_job", cases, (), judge_main_job, HEADLINE)


def _case(row: Mapping[str, Any], where: str) -> Case:
    calls = field(row, "calls", where)
    if not isinstance(field(row, "answer", where), Mapping):
        raise InvalidInput(f'{where}: "answer" must be an object of checks, got {row["answer"]!r}')
    return Case(
        id=field(row, "id", where),
        group=row["id"],
        kind=field(row, "kind", where),
        language=field(row, "language", where),
        messages=(DialogueMessage("user", field(row, "request", where)),),
        expected="calls" if calls else "text",
        gold_calls=tuple(
            DialogueCall(f"gold_{number}", call["tool"], call["arguments"]) for number, call in enumerate(calls)
        ),
        truth=row,
    )


def judge_main_job(case: Case, observed: Observed) -> tuple[Mapping[str, float], str]:
    """Tool accuracy: the set of tools called is the wanted one. Argument accuracy: share of the wanted calls that were
    made. Answer accuracy: the run succeeded and its output passes the case's checks."""
    wanted = {call.tool for call in case.gold_calls}
    right_tools = {call.tool for call in observed.calls} == wanted
    answered = not observed.error and answers(case.truth["answer"], observed.text)
    scores = {"tool_accuracy": float(right_tools), "answer_accuracy": float(answered)}
    if wanted:
        candidates = {tool.name for tool in observed.candidates}
        called = [{"tool": call.tool, "arguments": call.arguments} for call in observed.calls]
        made = [any(same_call(call, want) for call in called) for want in case.truth["calls"]]
        scores["retrieval_recall"] = len(wanted & candidates) / len(wanted)
        scores["argument_accuracy"] = sum(made) / len(made)
    return scores, _fault(scores, observed)


def _fault(scores: Mapping[str, float], observed: Observed) -> str:
    if scores["tool_accuracy"] and scores["answer_accuracy"]:
        return ""
    if scores.get("retrieval_recall", 1.0) < 1:
        return "tool not retrieved"
    if not scores["tool_accuracy"]:
        return "wrong tools" if observed.calls else "no call"
    return "wrong arguments" if scores.get("argument_accuracy", 1.0) < 1 else "wrong answer"


def same_call(call: Mapping[str, Any], want: Mapping[str, Any]) -> bool:
    """The same tool, and each wanted argument is there with one of the values that count as right.

    Args:
        call: {"tool": name, "arguments": {...}}, as it was made.
        want: the same, as the file says it.
    """
    return bool(call["tool"] == want["tool"]) and all(
        any(_same(call["arguments"].get(name), one) for one in as_list(value))
        for name, value in want["arguments"].items()
    )


def _same(got: Any, want: Any) -> bool:
    """Equal; text without regard to case, white space and the marks in it, numbers by value."""
    if isinstance(want, int | float) and not isinstance(want, bool):
        try:
            return abs(float(got) - want) <= 1e-9 * max(1.0, abs(want))
        except (TypeError, ValueError):
            return False
    return _plain(str(got)) == _plain(str(want))


def _plain(text: str) -> str:
    return re.sub(r"[\s\"'.?!。？！]+", "", text).lower()


def as_list(value: Any) -> list[Any]:
    """Several values that count as right are written as {"one_of": [...]}."""
    return list(value["one_of"]) if isinstance(value, Mapping) and "one_of" in value else [value]


def answers(check: Mapping[str, Any], output: str) -> bool:
    """Whether an answer passes a case's checks: numbers, words (one of each group), none_of, time_in."""
    low = output.lower()
    numbers = [float(found.replace(",", "")) for found in _NUMBER.findall(output)]
    return all(
        (
            bool(output.strip()),
            all(any(_close(got, want) for got in numbers) for want in check.get("numbers", [])),
            all(any(word.lower() in low for word in group) for group in check.get("words", [])),
            not any(word.lower() in low for word in check.get("none_of", [])),
            "time_in" not in check or _tells_time(check["time_in"], output),
        )
    )


def _close(got: float, want: float) -> bool:
    return abs(got - want) <= ANSWER_TOLERANCE * max(1.0, abs(want))


def _tells_time(zone: str, output: str) -> bool:
    """The answer holds the present time of a zone, give or take two minutes, as 24 or 12 hours."""
    now = datetime.now(UTC).astimezone(ZoneInfo(zone))
    moments = [now + timedelta(minutes=offset) for offset in (-2, -1, 0, 1)]
    return any(form in output for moment in moments for form in (f"{moment:%H:%M}", f"{moment:%I:%M}".lstrip("0")))
