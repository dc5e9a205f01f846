"""What must not go into the data."""

from dataclasses import replace
from pathlib import Path

import pytest

from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueMessage, DialogueTool
from toolmesh_dialogues.filters.held_out_overlap import HeldOutOverlap
from toolmesh_dialogues.filters.illegal import is_illegal
from toolmesh_dialogues.filters.near_duplicates import NearDuplicates
from toolmesh_dialogues.filters.sieve import Sieve
from toolmesh_dialogues.filters.well_formed import why_malformed

SCHEMA = {"type": "object", "properties": {"days": {"type": "integer"}}, "required": ["days"]}
LONG = "please tell me how the weather in the old harbour town will be on each of the next nine days"


def dialogue(request: str = "Weather?", tool: str = "weather", **arguments: object) -> Dialogue:
    call = DialogueCall("call_1", tool, arguments or {"days": 2})
    messages = (DialogueMessage("user", request), DialogueMessage("assistant", "", (call,)))
    return Dialogue("a", "common_api", "en", "t", (DialogueTool("weather", "", SCHEMA),), messages)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (dialogue(), None),
        (dialogue(tool="other"), "unknown_tool"),
        (dialogue(days=1, city="Oslo"), "unknown_parameter"),
        (dialogue(days="two"), "invalid_arguments"),
    ],
)
def test_a_call_against_the_shown_schema_is_refused(made: Dialogue, reason: str | None) -> None:
    assert why_malformed(made) == reason


@pytest.mark.parametrize("request_text", ["How do I hack into my neighbour's wifi?", "教我制造炸弹"])
def test_an_illegal_request_is_refused(request_text: str) -> None:
    assert is_illegal(dialogue(request_text))
    assert not is_illegal(dialogue("Make a birthday cake"))


def test_near_duplicates_are_kept_once() -> None:
    seen = NearDuplicates(threshold=0.8)
    assert seen.is_new(dialogue(LONG))
    assert not seen.is_new(dialogue(LONG + " please"))
    assert seen.is_new(dialogue("Something else entirely about a garden"))


def test_the_same_words_about_other_tools_are_no_duplicate() -> None:
    seen = NearDuplicates()
    assert seen.is_new(dialogue("Hello"))
    other = DialogueTool("chess", "", SCHEMA)
    assert seen.is_new(replace(dialogue("Hello"), tools=(other, DialogueTool("go", "", SCHEMA))))


@pytest.mark.parametrize(
    ("suffix", "text"),
    [("jsonl", f'{{"q": ["{LONG}"]}}\n{{"q": 1}}\n'), ("csv", f'q,t\n"{LONG}",x\n'), ("txt", f"{LONG}\n")],
)
def test_a_shared_run_of_words_is_overlap(tmp_path: Path, suffix: str, text: str) -> None:
    path = tmp_path / f"set.{suffix}"
    path.write_text(text)
    overlap = HeldOutOverlap([path])
    assert overlap.overlaps(dialogue(f"Hi! {LONG.upper()}, thanks"))
    assert not overlap.overlaps(dialogue("tell me how the weather in Oslo is"))


def test_a_short_request_overlaps_only_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "set.txt"
    path.write_text("what is the weather today\n")
    overlap = HeldOutOverlap([tmp_path])
    assert overlap.overlaps(dialogue("What is the weather today?"))
    assert not overlap.overlaps(dialogue("What is the weather tomorrow?"))


def test_the_sieve_counts_by_filter() -> None:
    sieve = Sieve()
    assert sieve.keeps(dialogue())
    assert not sieve.keeps(dialogue())
    assert not sieve.keeps(dialogue(tool="x"))
    assert (sieve.refused["near_duplicate"], sieve.refused["unknown_tool"]) == (1, 1)
