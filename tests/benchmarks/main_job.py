"""Asks every request of tests/e2e/main_job.jsonl and tells which part fails: retrieval, choice, arguments or answer.

`make bench-main-job` asks the platform that runs in this folder (TOOLMESH_DATA_DIR), or one of its own where none runs.
"""

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from toolmesh_cli.supervisor.platform_state import read_state

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from fixtures.running_platform import start_platform, stop_platform  # noqa: E402

CASES = ROOT / "tests/e2e/main_job.jsonl"
_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")


@dataclass
class Outcome:
    """How one request went.

    Attributes:
        retrieval: share of the wanted tools that were among the candidates; None where none is wanted.
        choice: the set of tools called is the wanted one.
        arguments: share of the wanted calls made with the wanted arguments; None where none is wanted.
    """

    id: str
    kind: str
    language: str
    retrieval: float | None
    choice: bool
    arguments: float | None
    answer: bool
    state: str
    seconds: float
    tokens: int
    called: list[dict[str, Any]] = field(default_factory=list)
    output: str = ""


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--json", action="store_true", help="one JSON object with every outcome")
    parser.add_argument("--misses", action="store_true", help="also list what was missed")
    options = parser.parse_args()
    cases = [json.loads(line) for line in options.cases.read_text().splitlines()]
    with a_client() as client:
        outcomes = ask_all(client, cases, quiet=options.json)
    if options.json:
        print(
            json.dumps(
                {"summary": summary(outcomes), "outcomes": [asdict(outcome) for outcome in outcomes]},
                ensure_ascii=False,
            )
        )
    else:
        show(outcomes, misses=options.misses)


@contextmanager
def a_client() -> Iterator[httpx.Client]:
    """A client of the running platform, or of one that runs for the block."""
    data = Path(os.environ.get("TOOLMESH_DATA_DIR", ".toolmesh"))
    state = read_state(data)
    if state is not None:
        key = (data / "api_key").read_text().strip()
        with httpx.Client(base_url=state.url, headers={"Authorization": f"Bearer {key}"}, timeout=120) as client:
            yield client
        return
    with tempfile.TemporaryDirectory() as folder:
        platform = start_platform(Path(folder))
        try:
            with platform.http() as client:
                yield client
        finally:
            stop_platform(platform)


def ask_all(client: httpx.Client, cases: list[dict[str, Any]], *, quiet: bool) -> list[Outcome]:
    """All requests, one after the other."""
    for document in (document for case in cases for document in case.get("documents", [])):
        client.post("/v1/documents", json=document).raise_for_status()
    return [ask(client, case) for case in track(cases, "asking", disable=quiet)]


def ask(client: httpx.Client, case: dict[str, Any]) -> Outcome:
    """One request, with what was said before it in the same session, if anything."""
    session = {"session": f"case-{case['id']}"} if case.get("before") else {}
    for earlier in case.get("before", []):
        client.post("/v1/runs", params={"wait": "true"}, json={"input": earlier, **session})
    started = time.monotonic()
    run = client.post("/v1/runs", params={"wait": "true"}, json={"input": case["request"], **session}).json()
    seconds = time.monotonic() - started
    if "id" not in run:
        return Outcome(
            case["id"], case["kind"], case["language"], 0, False, 0, False, str(run.get("detail")), seconds, 0
        )
    events = read_events(client, run["id"])
    candidates = {tool["tool"] for event in events for tool in event.get("tools_retrieved", {}).get("tools", [])}
    called = [event["tool_call_started"]["call"] for event in events if "tool_call_started" in event]
    wanted = case["calls"]
    names = {call["tool"] for call in wanted}
    return Outcome(
        case["id"],
        case["kind"],
        case["language"],
        len(names & candidates) / len(names) if names else None,
        {call["tool"] for call in called} == names,
        sum(any(same_call(call, want) for call in called) for want in wanted) / len(wanted) if wanted else None,
        run["state"] == "succeeded" and answers(case["answer"], run["output"]),
        run["state"],
        seconds,
        sum(run.get("usage", {}).get(kind, 0) for kind in ("prompt_tokens", "completion_tokens")),
        [{"tool": call["tool"], "arguments": call["arguments"]} for call in called],
        run["output"],
    )


def read_events(client: httpx.Client, run: str) -> list[dict[str, Any]]:
    """The journal of an ended run."""
    with client.stream("GET", f"/v1/runs/{run}:stream") as response:
        return [json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line.startswith("data: ")]


def same_call(call: dict[str, Any], want: dict[str, Any]) -> bool:
    """The same tool, and each wanted argument is there with one of the values that count as right."""
    if call["tool"] != want["tool"]:
        return False
    return all(
        any(same_value(call["arguments"].get(name), one) for one in as_list(value))
        for name, value in want["arguments"].items()
    )


def same_value(got: Any, want: Any) -> bool:
    """Equal; text without regard to case, white space and the marks around it, numbers by value."""
    if isinstance(want, int | float) and not isinstance(want, bool):
        try:
            return abs(float(got) - want) <= 1e-9 * max(1.0, abs(want))
        except (TypeError, ValueError):
            return False
    return plain(str(got)) == plain(str(want))


def plain(text: str) -> str:
    """Text as it is compared."""
    return re.sub(r"[\s\"'.?!。？！]+", "", text).lower()


def as_list(value: Any) -> list[Any]:
    """Several values that count as right are written as {"one_of": [...]}."""
    return value["one_of"] if isinstance(value, dict) and "one_of" in value else [value]


def answers(check: dict[str, Any], output: str) -> bool:
    """Whether an answer passes a case's check."""
    low = output.lower()
    numbers = [float(found.replace(",", "")) for found in _NUMBER.findall(output)]
    return all(
        (
            bool(output.strip()),
            all(
                any(abs(got - want) <= 0.005 * max(1.0, abs(want)) for got in numbers)
                for want in check.get("numbers", [])
            ),
            all(any(word.lower() in low for word in group) for group in check.get("words", [])),
            not any(word.lower() in low for word in check.get("none_of", [])),
            "time_in" not in check or tells_time(check["time_in"], output),
        )
    )


def tells_time(zone: str, output: str) -> bool:
    """The answer holds the present time of a zone, give or take two minutes, as 24 or 12 hours."""
    now = datetime.now(UTC).astimezone(ZoneInfo(zone))
    moments = [now + timedelta(minutes=offset) for offset in (-2, -1, 0, 1)]
    return any(form in output for moment in moments for form in (f"{moment:%H:%M}", f"{moment:%I:%M}".lstrip("0")))


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """The figures of a set of outcomes; shares are 0 to 1."""
    seconds = sorted(outcome.seconds for outcome in outcomes)
    return {
        "requests": len(outcomes),
        "retrieval_recall": mean([outcome.retrieval for outcome in outcomes]),
        "tool_accuracy": mean([float(outcome.choice) for outcome in outcomes]),
        "argument_accuracy": mean([outcome.arguments for outcome in outcomes]),
        "answer_accuracy": mean([float(outcome.answer) for outcome in outcomes]),
        "seconds_p50": round(statistics.median(seconds), 3),
        "seconds_p95": round(seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], 3),
        "tokens_per_request": round(statistics.mean(outcome.tokens for outcome in outcomes)),
    }


def mean(values: list[float | None]) -> float | None:
    """The mean of those that are there."""
    there = [value for value in values if value is not None]
    return round(statistics.mean(there), 3) if there else None


def show(outcomes: list[Outcome], *, misses: bool) -> None:
    """A table by kind and language."""
    console = Console(width=140)
    table = Table("requests of", "number", "retrieval", "tools", "arguments", "answer", "p50 s", "p95 s", "tokens")
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[f"kind {outcome.kind}"].append(outcome)
        groups[f"language {outcome.language}"].append(outcome)
    for name, group in [*sorted(groups.items()), ("all", outcomes)]:
        table.add_row(name, *("-" if value is None else str(value) for value in summary(group).values()))
    console.print(table)
    for outcome in outcomes if misses else []:
        if not (outcome.choice and outcome.answer):
            console.print_json(json.dumps(asdict(outcome), ensure_ascii=False))


if __name__ == "__main__":
    main()
