"""The whole build: files, split by tool, card, reproducibility."""

from pathlib import Path

import pytest

from toolmesh_core.errors import FailedPrecondition
from toolmesh_dialogues.build import BuildPlan, build
from toolmesh_dialogues.dialogue_file import read_dialogues
from toolmesh_dialogues.generators.offline.offline_generator import OfflineGenerator
from toolmesh_dialogues.held_back import is_held_back
from toolmesh_dialogues.values.names import name_words


def files_of(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(out.iterdir())}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build(BuildPlan(tmp_path / name, seed=3, count=200), OfflineGenerator())
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert set(files_of(tmp_path / "one")) == {"train.jsonl", "held_out.jsonl", "card.md"}


def test_no_tool_that_is_held_back_is_called_in_training(tmp_path: Path) -> None:
    report = build(BuildPlan(tmp_path, seed=3, count=300), OfflineGenerator())
    called = {
        part: {"".join(name_words(call.tool)) for one in read_dialogues(tmp_path / part) for call in one.calls()}
        for part in report.parts
    }
    assert called["held_out.jsonl"]
    assert not called["train.jsonl"] & called["held_out.jsonl"]


def test_the_card_counts_what_is_in_the_files(tmp_path: Path) -> None:
    report = build(BuildPlan(tmp_path, seed=3, count=200), OfflineGenerator())
    text = (tmp_path / "card.md").read_text()
    train = report.parts["train.jsonl"]
    assert train.dialogues == len(list(read_dialogues(tmp_path / "train.jsonl"))) == 180
    assert f"| train.jsonl | 180 | {train.calls} |" in text
    for word in ("By kinds", "By languages", "By turns", "By steps", "By sources", "near_duplicate", "| seed | 3 |"):
        assert word in text


def test_what_overlaps_with_an_evaluation_set_is_left_out(tmp_path: Path) -> None:
    build(BuildPlan(tmp_path / "first", seed=3, count=100), OfflineGenerator())
    plan = BuildPlan(tmp_path / "second", seed=3, count=100, held_out=(tmp_path / "first" / "train.jsonl",))
    report = build(plan, OfflineGenerator())
    assert report.recipe.refused["held_out_overlap"] > 50


def test_a_gallery_that_gives_too_little_says_so(tmp_path: Path) -> None:
    class Silent(OfflineGenerator):
        def dialogues(self, gallery, seed):  # type: ignore[no-untyped-def]
            return iter(())

    with pytest.raises(FailedPrecondition, match="only 0 of 90"):
        build(BuildPlan(tmp_path, seed=3, count=100), Silent())


def test_a_tenth_of_all_names_is_held_back() -> None:
    share = sum(is_held_back(f"tool{number}") for number in range(5000)) / 5000
    assert 0.08 < share < 0.12
    assert is_held_back("getWeather") == is_held_back("get_weather")
