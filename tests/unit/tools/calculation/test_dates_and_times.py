"""Dates, times of day and time zones."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from toolmesh_core.errors import ToolError
from toolmesh_testing import FakeClock
from toolmesh_tool_calculation.adapters.rates_file import RatesFile
from toolmesh_tool_calculation.api import time_tools
from toolmesh_tool_calculation.bootstrap import Desk
from toolmesh_tool_calculation.domain.calendar_dates import (
    parse_date,
    parse_date_and_time,
    parse_time,
    working_days,
    years_months_days,
)
from toolmesh_tool_calculation.domain.places import find_zone
from toolmesh_toolkit import ToolContext

TODAY = date(2024, 5, 20)


@pytest.fixture
def context() -> ToolContext[Desk]:
    clock = FakeClock(now=datetime(2024, 5, 20, 22, 30, tzinfo=UTC))
    return ToolContext(user="u", state=Desk(RatesFile(None, Path("/nonexistent")), clock))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-03-01", date(2024, 3, 1)),
        ("2024/3/1", date(2024, 3, 1)),
        ("20240301", date(2024, 3, 1)),
        ("March 1, 2024", date(2024, 3, 1)),
        ("1st of March 2024", date(2024, 3, 1)),
        ("Mar 1", date(2024, 3, 1)),
        ("25/12/2024", date(2024, 12, 25)),
        ("12/25/2024", date(2024, 12, 25)),
        ("2024年3月1日", date(2024, 3, 1)),
        ("3月1号", date(2024, 3, 1)),
        ("today", TODAY),
        ("Tomorrow", date(2024, 5, 21)),
        ("后天", date(2024, 5, 22)),
    ],
)
def test_a_date_is_read_as_people_write_it(text: str, day: date) -> None:
    assert parse_date(text, TODAY) == day


@pytest.mark.parametrize("text", ["03/04/2024", "2023-02-29", "2024-13-01", "soon", "", "0000-01-01", "9" * 100])
def test_a_date_that_is_none_or_two_is_refused(text: str) -> None:
    with pytest.raises(ToolError):
        parse_date(text, TODAY)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("15:30", time(15, 30)),
        ("3:30 pm", time(15, 30)),
        ("9am", time(9)),
        ("12 am", time(0)),
        ("12 pm", time(12)),
        ("noon", time(12)),
        ("下午3点", time(15)),
        ("晚上8点半", time(20, 30)),
        ("上午9点15分", time(9, 15)),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, clock: time) -> None:
    assert parse_time(text) == clock


@pytest.mark.parametrize("text", ["25:00", "13 pm", "7", "half past", ""])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ToolError):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-01 15:30", datetime(2024, 3, 1, 15, 30)),
        ("2024-03-01T15:30", datetime(2024, 3, 1, 15, 30)),
        ("3 pm on", None),
        ("March 1, 2024 at 3 pm", datetime(2024, 3, 1, 15)),
        ("3 pm tomorrow", datetime(2024, 5, 21, 15)),
        ("明天下午3点", datetime(2024, 5, 21, 15)),
        ("15:30", datetime(2024, 5, 20, 15, 30)),
    ],
)
def test_a_time_may_come_with_a_date(text: str, moment: datetime | None) -> None:
    now = datetime(2024, 5, 20, 8)
    if moment is None:
        with pytest.raises(ToolError):
            parse_date_and_time(text, now)
    else:
        assert parse_date_and_time(text, now) == moment


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Tokyo", "Asia/Tokyo"),
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("new york", "America/New_York"),
        ("Los Angeles", "America/Los_Angeles"),
        ("Beijing", "Asia/Shanghai"),
        ("北京", "Asia/Shanghai"),
        ("东京时间", "Asia/Tokyo"),
        ("Mumbai, India", "Asia/Kolkata"),
        ("Germany", "Europe/Berlin"),
        ("GMT", "UTC"),
        ("UTC+5:30", "UTC+05:30"),
        ("London time", "Europe/London"),
    ],
)
def test_a_place_has_its_time_zone(place: str, zone: str) -> None:
    assert find_zone(place)[0] == zone


@pytest.mark.parametrize(
    ("place", "reason", "hint"),
    [
        ("CST", "AMBIGUOUS_PLACE", "America/Chicago or Asia/Shanghai"),
        ("美国", "AMBIGUOUS_PLACE", "纽约"),
        ("Tokio", "UNKNOWN_PLACE", "tokyo"),
        ("UTC+25", "UNKNOWN_PLACE", "+14:00"),
        ("../../etc/passwd", "UNKNOWN_PLACE", "name a large city"),
    ],
)
def test_a_place_that_is_unknown_or_ambiguous_is_refused_with_a_hint(place: str, reason: str, hint: str) -> None:
    with pytest.raises(ToolError) as caught:
        find_zone(place)
    assert caught.value.reason == reason
    assert hint in caught.value.message


def test_the_current_time_is_local_to_the_place(context: ToolContext[Desk]) -> None:
    now = time_tools.current_time(context, "东京")
    assert (now["date"], now["time"], now["weekday"]) == ("2024-05-21", "07:30:00", "Tuesday")
    assert (now["time_zone"], now["utc_offset"]) == ("Asia/Tokyo", "UTC+09:00")
    assert time_tools.current_time(context)["time"] == "22:30:00"


def test_a_time_is_converted_with_daylight_saving(context: ToolContext[Desk]) -> None:
    summer = time_tools.convert_time("2024-07-01 15:00", "London", "New York", context)
    assert (summer["to_time"], summer["difference"]) == ("2024-07-01 10:00", "America/New_York is 5 hours behind")
    between = time_tools.convert_time("2024-03-20 15:00", "London", "New York", context)
    assert between["to_time"] == "2024-03-20 11:00"
    chinese = time_tools.convert_time("下午3点", "北京", "纽约", context)
    assert chinese["to_time"].endswith("03:00")


def test_a_time_the_clocks_skip_is_refused_and_one_shown_twice_is_noted(context: ToolContext[Desk]) -> None:
    with pytest.raises(ToolError) as caught:
        time_tools.convert_time("2024-03-31 02:30", "Berlin", "London", context)
    assert caught.value.reason == "NO_SUCH_TIME"
    assert time_tools.convert_time("2024-10-27 02:30", "Berlin", "London", context)["note"]


def test_the_ends_of_the_calendar_are_refused(context: ToolContext[Desk]) -> None:
    with pytest.raises(ToolError):
        time_tools.convert_time("9999-12-31 23:30", "Los Angeles", "Tokyo", context)
    with pytest.raises(ToolError):
        time_tools.add_to_date("9999-12-31", 1, context)
    with pytest.raises(ToolError):
        time_tools.add_to_date("2024-01-01", 10**12, context, "years")


def test_a_difference_counts_days_working_days_and_parts(context: ToolContext[Desk]) -> None:
    found = time_tools.date_difference("2024-01-31", "2024-03-01", context)
    assert (found["days"], found["working_days"], found["text"]) == (30, 22, "1 month 1 day")
    assert time_tools.date_difference("2024-03-01", "2024-01-31", context)["days"] == -30
    assert time_tools.date_difference("today", "今天", context)["text"] == "the same day"


def test_working_days_agree_with_counting_them() -> None:
    for length in range(30):
        end = date.fromordinal(TODAY.toordinal() + length)
        counted = sum(date.fromordinal(day).weekday() < 5 for day in range(TODAY.toordinal(), end.toordinal()))
        assert working_days(TODAY, end) == counted
        assert working_days(end, TODAY) == -counted


def test_a_span_in_years_never_passes_the_end() -> None:
    assert years_months_days(date(2020, 2, 29), date(2023, 2, 28)) == (3, 0, 0)
    assert years_months_days(date(2024, 1, 31), date(2024, 2, 28)) == (0, 0, 28)


def test_dates_move_by_calendar_units(context: ToolContext[Desk]) -> None:
    assert time_tools.add_to_date("2024-03-01", 45, context)["result_date"] == "2024-04-15"
    assert time_tools.add_to_date("2024-02-29", 1, context, "years")["result_date"] == "2025-02-28"
    assert time_tools.add_to_date("2024-06-15", -3, context, "weeks")["result_date"] == "2024-05-25"


def test_a_weekday_is_told_in_both_languages(context: ToolContext[Desk]) -> None:
    found = time_tools.get_weekday("July 20, 1969", context)
    assert (found["weekday"], found["weekday_chinese"], found["week_of_year"]) == ("Sunday", "星期日", 29)
