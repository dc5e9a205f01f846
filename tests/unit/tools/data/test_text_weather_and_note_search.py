"""Measures of text, forecasts, and the ranking of notes."""

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.adapters.weather_file import WeatherFile
from toolmesh_tool_data.api.text_tools import count_occurrences, text_statistics
from toolmesh_tool_data.domain.forecasts import find_place, forecast_for, parse_day
from toolmesh_tool_data.domain.note_search import Note, rank

TODAY = date(2024, 5, 20)


def test_an_english_text_is_measured() -> None:
    found = text_statistics("The cat sat. The cat ran!\n\nWho's there? 3.5 metres away")
    assert (found["words"], found["sentences"], found["paragraphs"], found["lines"]) == (11 + 1, 4, 2, 3)
    assert found["top_words"][0] == {"word": "cat", "count": 2}


def test_a_chinese_text_is_measured() -> None:
    found = text_statistics("人工智能改变生活。人工智能很有用！")
    assert (found["words"], found["chinese_characters"], found["sentences"]) == (15, 15, 2)
    assert found["top_words"] == [{"word": "人工智能", "count": 2}]


def test_an_empty_text_has_no_words() -> None:
    found = text_statistics("")
    assert (found["words"], found["sentences"], found["top_words"]) == (0, 0, [])


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "字" * 200_000, "ab " * 66_000, "。" * 200_000, "天地" * 100_000, "a-" * 100_000]
)
def test_a_long_text_is_measured_in_time(text: str) -> None:
    started = time.perf_counter()
    text_statistics(text)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("text", "search_for", "options", "count"),
    [
        ("strawberry", "r", {}, 3),
        ("Cat cat category", "cat", {}, 3),
        ("Cat cat category", "cat", {"whole_words": True}, 2),
        ("Cat cat category", "cat", {"match_case": True}, 2),
        ("a.b.c", ".", {}, 2),
        ("好好学习", "好", {"whole_words": True}, 2),
        ("aaaa", "aa", {}, 2),
    ],
)
def test_occurrences_are_counted(text: str, search_for: str, options: dict[str, bool], count: int) -> None:
    assert count_occurrences(text, search_for, **options)["count"] == count


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("", TODAY),
        ("Tomorrow", date(2024, 5, 21)),
        ("后天", date(2024, 5, 22)),
        ("monday", TODAY),
        ("on Saturday", date(2024, 5, 25)),
        ("周日", date(2024, 5, 26)),
        ("2024-06-01", date(2024, 6, 1)),
        ("2024年6月1日", date(2024, 6, 1)),
    ],
)
def test_a_day_is_read_as_people_say_it(text: str, day: date) -> None:
    assert parse_day(text, TODAY) == day


@pytest.mark.parametrize("text", ["someday", "2024-02-30"])
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ToolError):
        parse_day(text, TODAY)


def test_the_sample_says_that_it_is_made_up_and_counts_from_today(tmp_path: Path) -> None:
    table = WeatherFile(None, tmp_path).table(TODAY)
    assert "not a real forecast" in table.source
    assert forecast_for(find_place("北京市", table), TODAY, table).day == TODAY
    with pytest.raises(ToolError, match="2024-05-20 to 2024-05-26"):
        forecast_for("Paris", date(2024, 7, 1), table)
    with pytest.raises(ToolError, match="did you mean Paris"):
        find_place("Pariss", table)


DAY = {"date": "2024-05-20", "condition": "sunny", "high_c": 25, "low_c": 14}


def test_the_users_own_file_is_used_and_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "weather.csv"
    path.write_text("place,date,condition,high_c,low_c,source,as_of\nOslo,2024-05-20,snow,1,-2,mine,2024-05-19\n")
    table = WeatherFile(None, tmp_path).table(TODAY)
    assert (table.source, table.as_of, forecast_for("Oslo", TODAY, table).condition) == (
        "mine",
        date(2024, 5, 19),
        "snow",
    )
    named = tmp_path / "own.json"
    named.write_text(
        json.dumps({"source": "s", "date": "2024-05-20", "places": {"Rome": {"aliases": ["罗马"], "days": [DAY]}}})
    )
    assert find_place("罗马", WeatherFile(named, tmp_path).table(TODAY)) == "Rome"


@pytest.mark.parametrize("content", ["", "[]", '{"places": {}}', '{"source": "s", "places": {"X": {"days": [{}]}}}'])
def test_a_bad_weather_file_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "weather.json").write_text(content)
    with pytest.raises(ToolError, match=r"weather\.json") as caught:
        WeatherFile(None, tmp_path).table(TODAY)
    assert caught.value.reason == "BAD_WEATHER_FILE"


def notes_of(*texts: str) -> list[Note]:
    return [Note(number, text, datetime(2024, 1, 1, tzinfo=UTC)) for number, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("dentist", [1]),
        ("What did I note about the dentist?", [1]),
        ("meetings", [3]),
        ("garage code", [2]),
        ("周五开会", [4]),
        ("我关于牛奶的笔记", [5]),
        ("xyz", []),
    ],
)
def test_notes_are_found_by_words_in_english_and_chinese(query: str, numbers: list[int]) -> None:
    notes = notes_of("Call the Dentist", "garage code is 4471", "meeting with Ann", "周五下午三点开会", "牛奶快喝完了")
    assert [note.number for note in rank(notes, query)] == numbers


def test_the_note_with_most_words_comes_first_then_the_newest() -> None:
    assert [note.number for note in rank(notes_of("red car", "red", "red bike"), "red car")] == [1, 3, 2]
