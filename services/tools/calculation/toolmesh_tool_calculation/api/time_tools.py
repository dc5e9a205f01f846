"""Tools for dates, times of day and time zones."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.bootstrap import Desk
from toolmesh_tool_calculation.domain import calendar_dates
from toolmesh_tool_calculation.domain.places import find_zone, offset_text
from toolmesh_tool_calculation.domain.zoned_times import ahead_text, at_zone
from toolmesh_toolkit import Example, ToolContext, tool

LIMIT = timedelta(seconds=5)
MAX_STEPS = 4_000_000

Place = Annotated[
    str, Field(max_length=80, description='A city, country or time zone, such as "Tokyo", "北京" or "Europe/Paris".')
]
DateText = Annotated[str, Field(min_length=1, max_length=80)]


class CurrentTime(TypedDict):
    """The time of a place now."""

    place: str
    time_zone: str
    date: str
    time: str
    weekday: str
    utc_offset: str


class ConvertedTime(TypedDict):
    """One moment on the clocks of two places; `note` is empty where nothing is special."""

    from_place: str
    from_time: str
    to_place: str
    to_time: str
    to_weekday: str
    difference: str
    note: str


class DateDifference(TypedDict):
    """How far two dates are apart; negative where the end is before the start."""

    start_date: str
    end_date: str
    days: int
    working_days: int
    text: str


class ShiftedDate(TypedDict):
    """A date some time before or after another."""

    start_date: str
    result_date: str
    weekday: str


class Weekday(TypedDict):
    """The day of the week of a date."""

    date: str
    weekday: str
    weekday_chinese: str
    week_of_year: int


@tool(
    read_only=True,
    idempotent=True,
    timeout=LIMIT,
    tags=("time",),
    version="1",
    examples=[
        Example("What time is it in Tokyo?", {"place": "Tokyo"}),
        "What is today's date?",
        "Current local time in New York",
        Example("现在北京几点了", {"place": "北京"}),
        "今天几号",
    ],
)
def current_time(context: ToolContext[Desk], place: Place = "") -> CurrentTime:
    """Tell the current time, date and weekday now in a city, country or time zone; without a place, at home."""
    name, now = context.state.now_at(place)
    return CurrentTime(
        place=place or name,
        time_zone=name,
        date=now.date().isoformat(),
        time=f"{now:%H:%M:%S}",
        weekday=calendar_dates.WEEKDAYS[now.weekday()],
        utc_offset=offset_text(now),
    )


@tool(
    read_only=True,
    idempotent=True,
    timeout=LIMIT,
    tags=("time",),
    version="1",
    examples=[
        Example(
            "When it is 3 pm in London, what time is it in Sydney?",
            {"time": "3 pm", "from_place": "London", "to_place": "Sydney"},
        ),
        "Convert 9:30 in the morning from Berlin time to Chicago time",
        "What is the time difference between Paris and Singapore?",
        Example("北京时间下午3点是纽约几点", {"time": "下午3点", "from_place": "北京", "to_place": "纽约"}),
    ],
)
def convert_time(
    time: Annotated[
        str,
        Field(
            min_length=1,
            max_length=80,
            description='The time to convert, such as "15:30", "3 pm", "now" or "2024-03-01 15:30".',
        ),
    ],
    from_place: Annotated[
        str, Field(min_length=1, max_length=80, description='The city or time zone the time is in, such as "London".')
    ],
    to_place: Annotated[
        str, Field(min_length=1, max_length=80, description='The city or time zone wanted, such as "Sydney".')
    ],
    context: ToolContext[Desk],
) -> ConvertedTime:
    """Convert a time of day from one city or time zone to another, and tell the time difference between them."""
    from_zone_name, from_zone = find_zone(from_place)
    to_zone_name, to_zone = find_zone(to_place)
    local = calendar_dates.parse_date_and_time(time, context.state.now_at(from_place)[1])
    moment, twice = at_zone(local, from_zone, from_place)
    there, _ = at_zone(moment.astimezone(to_zone).replace(tzinfo=None), to_zone, to_place)
    there = moment.astimezone(to_zone)
    return ConvertedTime(
        from_place=from_zone_name,
        from_time=f"{moment:%Y-%m-%d %H:%M}",
        to_place=to_zone_name,
        to_time=f"{there:%Y-%m-%d %H:%M}",
        to_weekday=calendar_dates.WEEKDAYS[there.weekday()],
        difference=ahead_text(moment, there, to_zone_name),
        note="the clock shows this time twice that night; the first is meant" if twice else "",
    )


@tool(
    read_only=True,
    idempotent=True,
    timeout=LIMIT,
    tags=("time", "dates"),
    version="1",
    examples=[
        Example(
            "How many days are there between March 1 and May 20, 2024?",
            {"start_date": "2024-03-01", "end_date": "2024-05-20"},
        ),
        "How long is it until 2030-01-01?",
        "How many working days from June 3 to June 28?",
        Example("从2024年1月1日到2024年10月1日有多少天", {"start_date": "2024年1月1日", "end_date": "2024年10月1日"}),
    ],
)
def date_difference(
    start_date: Annotated[
        DateText, Field(description='The first date, such as "2024-03-01", "March 1, 2024" or "today".')
    ],
    end_date: Annotated[DateText, Field(description='The second date, such as "2024-05-20" or "today".')],
    context: ToolContext[Desk],
) -> DateDifference:
    """Count the days, working days, months and years between two dates."""
    today = context.state.today()
    start, end = calendar_dates.parse_date(start_date, today), calendar_dates.parse_date(end_date, today)
    years, months, days = calendar_dates.years_months_days(min(start, end), max(start, end))
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((years, "year"), (months, "month"), (days, "day"))
        if count
    ]
    return DateDifference(
        start_date=start.isoformat(),
        end_date=end.isoformat(),
        days=(end - start).days,
        working_days=calendar_dates.working_days(start, end),
        text=" ".join(parts) or "the same day",
    )


@tool(
    read_only=True,
    idempotent=True,
    timeout=LIMIT,
    tags=("time", "dates"),
    version="1",
    examples=[
        Example(
            "What date is 45 days after March 1, 2024?", {"start_date": "2024-03-01", "amount": 45, "unit": "days"}
        ),
        Example(
            "What was the date 3 weeks before 2024-06-15?", {"start_date": "2024-06-15", "amount": -3, "unit": "weeks"}
        ),
        "What day will it be in 100 days?",
        Example("今天起90天后是几号", {"start_date": "今天", "amount": 90, "unit": "days"}),
    ],
)
def add_to_date(
    start_date: Annotated[DateText, Field(description='The date to begin from, such as "2024-03-01" or "today".')],
    amount: Annotated[int, Field(description="How many units later; negative for earlier, such as 45 or -3.")],
    context: ToolContext[Desk],
    unit: Annotated[Literal["days", "weeks", "months", "years"], Field(description="What is counted.")] = "days",
) -> ShiftedDate:
    """Find the date that is some days, weeks, months or years after or before a date."""
    if abs(amount) > MAX_STEPS:
        raise ToolError(f"argument 'amount' must be at most {MAX_STEPS}, got {amount}", reason="TOO_LARGE")
    start = calendar_dates.parse_date(start_date, context.state.today())
    if unit in ("days", "weeks"):
        result = calendar_dates.shifted(start, days=amount * (7 if unit == "weeks" else 1))
    else:
        result = calendar_dates.shifted(start, months=amount * (12 if unit == "years" else 1))
    return ShiftedDate(
        start_date=start.isoformat(), result_date=result.isoformat(), weekday=calendar_dates.WEEKDAYS[result.weekday()]
    )


@tool(
    read_only=True,
    idempotent=True,
    timeout=LIMIT,
    tags=("time", "dates"),
    version="1",
    examples=[
        Example("What day of the week was July 20, 1969?", {"date": "July 20, 1969"}),
        "Is 2025-12-25 on a weekend?",
        Example("2024年10月1日是星期几", {"date": "2024年10月1日"}),
    ],
)
def get_weekday(
    date: Annotated[DateText, Field(description='The date, such as "2024-03-01", "March 1, 2024" or "tomorrow".')],
    context: ToolContext[Desk],
) -> Weekday:
    """Find the day of the week (Monday to Sunday) and the week number of a date."""
    day = calendar_dates.parse_date(date, context.state.today())
    return Weekday(
        date=day.isoformat(),
        weekday=calendar_dates.WEEKDAYS[day.weekday()],
        weekday_chinese=calendar_dates.CHINESE_WEEKDAYS[day.weekday()],
        week_of_year=day.isocalendar().week,
    )
