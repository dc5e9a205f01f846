"""What an evaluation leaves behind."""

import json
import re
from pathlib import Path

import pytest

from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage
from toolmesh_evaluation.case import Case, Observed, Scored
from toolmesh_evaluation.judge_calls import judge_calls
from toolmesh_evaluation.report.figures import figures_of
from toolmesh_evaluation.report.run_facts import RunFacts
from toolmesh_evaluation.report.write_report import write_report

HOSTILE = "<script>alert(1)</script> ```` | [x](javascript:alert(1))"


def scored(number: int, *, right: bool, kind: str = "one", text: str = "") -> Scored:
    gold = DialogueCall("g", "add", {"a": number})
    made = (DialogueCall("c", "add", {"a": number if right else -1}),)
    case = Case(str(number), str(number), kind, "en", (DialogueMessage("user", text),), "calls", (gold,))
    observed = Observed(made, seconds=number / 10, prompt_tokens=10, completion_tokens=number)
    return Scored(case, observed, *judge_calls(case, observed))


def facts() -> RunFacts:
    return RunFacts("toolmesh eval x --limit 4", "x", "m", "a", 9, 7, "given", False, 4, 1.5, {"p": "1"})


ITEMS = [
    scored(1, right=True),
    scored(2, right=False),
    scored(3, right=True, kind="two"),
    scored(4, right=False, kind="two", text=HOSTILE),
]


def test_figures_are_means_by_metric_and_kind() -> None:
    figures = figures_of(ITEMS)
    assert figures.whole.metrics["argument_f1"].mean == pytest.approx(0.75)
    assert figures.pooled_argument_f1 == pytest.approx(0.75)
    assert figures.whole.metrics["action_em"].mean == 1
    assert figures.by_kind["two"].faults == {"argument value": 1}
    assert figures.seconds_p50 == pytest.approx(0.25)
    assert figures.completion_tokens_mean == pytest.approx(2.5)


def test_all_files_are_written_and_say_how_to_repeat_them(tmp_path: Path) -> None:
    summary = write_report(tmp_path, facts(), ITEMS, ("argument_f1",), show_failures=False)
    assert json.loads((tmp_path / "summary.json").read_text()) == summary
    assert summary["command"] == "toolmesh eval x --limit 4"
    assert summary["figures"]["whole"]["metrics"]["argument_f1"]["count"] == 4
    report = (tmp_path / "report.md").read_text()
    assert "| **argument_f1** | 75.0 |" in report
    assert "toolmesh eval x --limit 4" in report
    assert (tmp_path / "metrics.svg").exists()
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [line["fault"] for line in lines] == ["", "argument value", "", "argument value"]


def test_failures_are_shown_only_where_somebody_asks(tmp_path: Path) -> None:
    write_report(tmp_path, facts(), ITEMS, (), show_failures=False)
    hidden = "".join((tmp_path / name).read_text() for name in ("report.md", "report.html", "results.jsonl"))
    assert "alert" not in hidden
    assert '"calls"' not in hidden
    write_report(tmp_path, facts(), ITEMS, (), show_failures=True)
    assert "alert" in (tmp_path / "report.md").read_text()
    assert '"calls"' in (tmp_path / "results.jsonl").read_text()


def test_a_page_needs_no_other_file_and_obeys_no_text_of_a_model(tmp_path: Path) -> None:
    write_report(tmp_path, facts(), ITEMS, (), show_failures=True)
    page = (tmp_path / "report.html").read_text()
    assert "<script" not in page
    assert "href" not in page
    assert page.count("data:image/svg+xml;base64,") == 2
    assert re.search(r"<td>[^<]*argument value</td>", page)


def test_the_same_figures_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_report(tmp_path / folder, facts(), ITEMS, (), show_failures=True)
    for file in ("summary.json", "results.jsonl", "report.md", "report.html", "metrics.svg", "faults.svg"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
