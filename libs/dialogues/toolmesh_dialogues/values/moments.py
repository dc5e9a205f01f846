"""Dates, times of day and lengths of time as calls write them and people say them."""

from datetime import date, timedelta
from random import Random

from toolmesh_dialogues.dialogue import Language
from toolmesh_dialogues.values.numerals import chinese_words, english_words
from toolmesh_dialogues.values.spoken_value import SpokenValue

_FIRST_DAY = date(2023, 1, 1)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS_ZH = "一二三四五六日"
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def draw_date(rng: Random, language: Language) -> SpokenValue:
    """A calendar day, written YYYY-MM-DD."""
    day = _FIRST_DAY + timedelta(days=rng.randrange(1460))
    return SpokenValue(day.isoformat(), _spoken_day(rng, day, language))


def draw_loose_date(rng: Random, language: Language) -> SpokenValue:
    """A day in words that only the calendar can turn into a date; written as it is said."""
    words = (
        ["next Friday", "tomorrow", "this weekend", "next Monday", "today", "next week", "the day after tomorrow"]
        if language == "en"
        else ["下周五", "明天", "这个周末", "下周一", "今天", "后天"]
    )
    text = rng.choice(words)
    return SpokenValue(text, text)


def draw_day_from(rng: Random, today: date, language: Language) -> SpokenValue:
    """A day told from a given today, such as "next Friday", written YYYY-MM-DD."""
    ahead = rng.randrange(1, 13)
    day = today + timedelta(days=ahead)
    next_week = day.isocalendar().week != today.isocalendar().week
    if ahead <= 2:
        text = {"en": ("tomorrow", "the day after tomorrow"), "zh": ("明天", "后天")}[language][ahead - 1]
    elif language == "zh":
        text = f"{'下' if next_week else '这'}周{_WEEKDAYS_ZH[day.weekday()]}"
    elif next_week and ahead < 8 and rng.random() < 0.7:
        text = f"next {_WEEKDAYS[day.weekday()]}"
    else:
        text = f"in {english_words(ahead)} days" if rng.random() < 0.5 else f"in {ahead} days"
    if language == "zh" and ahead > 2 and day.isocalendar().week not in _two_weeks(today):
        text = f"{ahead}天后"
    return SpokenValue(day.isoformat(), text)


def spoken_today(today: date, language: Language) -> str:
    """A sentence that says which day it is."""
    if language == "zh":
        return f"今天是{today.year}年{today.month}月{today.day}日，星期{_WEEKDAYS_ZH[today.weekday()]}。"
    return f"Today is {_WEEKDAYS[today.weekday()]}, {today.day} {_MONTHS[today.month - 1]} {today.year}."


def draw_today(rng: Random) -> date:
    """A day to count from."""
    return _FIRST_DAY + timedelta(days=rng.randrange(1460))


def draw_time(rng: Random, language: Language) -> SpokenValue:
    """A time of day, written HH:MM on the 24-hour clock."""
    hour, minute = rng.randrange(6, 23), rng.choice((0, 0, 15, 30, 30, 45, 20))
    return SpokenValue(f"{hour:02d}:{minute:02d}", _spoken_time(rng, hour, minute, language))


def draw_minutes(rng: Random, language: Language) -> SpokenValue:
    """A length of time in minutes."""
    minutes = rng.choice((5, 10, 15, 20, 25, 30, 40, 45, 60, 75, 90, 120, 150, 180))
    if language == "zh":
        forms = {30: "半小时", 60: "一个小时", 90: "一个半小时", 120: "两个小时", 180: "三小时"}
        return SpokenValue(minutes, forms.get(minutes, f"{minutes}分钟"))
    spoken = [f"{minutes} minutes"] * 2
    words = {15: "a quarter of an hour", 30: "half an hour", 45: "three quarters of an hour", 60: "an hour"}
    words |= {90: "an hour and a half", 120: "two hours", 150: "two and a half hours", 180: "three hours"}
    if minutes in words:
        spoken += [words[minutes]] * 2
    return SpokenValue(minutes, rng.choice(spoken))


def _spoken_day(rng: Random, day: date, language: Language) -> str:
    if language == "zh":
        return rng.choice(
            (f"{day.year}年{day.month}月{day.day}日", day.isoformat(), f"{day.year}/{day.month}/{day.day}")
        )
    month = _MONTHS[day.month - 1]
    forms = (
        day.isoformat(),
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{month[:3]} {day.day} {day.year}",
        f"the {_ordinal(day.day)} of {month} {day.year}",
        f"{month} {_ordinal(day.day)}, {day.year}",
    )
    return rng.choice(forms)


def _spoken_time(rng: Random, hour: int, minute: int, language: Language) -> str:
    clock = f"{hour:02d}:{minute:02d}"
    if language == "zh":
        part = (
            "早上" if hour < 9 else "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"
        )
        minutes = "半" if minute == 30 else f"{minute}分" if minute else ""
        return rng.choice((clock, f"{part}{chinese_words((hour - 1) % 12 + 1)}点{minutes}"))
    twelve = (hour - 1) % 12 + 1
    half = "am" if hour < 12 else "pm"
    forms = [clock, f"{twelve}:{minute:02d} {half}"]
    if minute == 0:
        forms += [f"{twelve} {half}", f"{twelve}{half}"]
    if minute == 30:
        part = "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"
        forms.append(f"half past {english_words(twelve)} {part}")
    return rng.choice(forms)


def _ordinal(day: int) -> str:
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _two_weeks(today: date) -> tuple[int, int]:
    return today.isocalendar().week, (today + timedelta(days=7)).isocalendar().week
