"""What a request names: numbers, dates, times, quotes, addresses, literals, arithmetic."""

import time

import pytest

from toolmesh_controller.domain.arithmetic import find_expression
from toolmesh_controller.domain.dates import find_dates, find_times
from toolmesh_controller.domain.mentions import find_mentions, of_kind
from toolmesh_controller.domain.numbers import find_numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a base of 10 and 5.5", [10, 5.5]),
        ("1,200 USD or $19.5", [1200, 19.5]),
        ("2 million and 5k", [2_000_000, 5000]),
        ("twenty-five or three hundred and two", [25, 302]),
        ("two dozen eggs", [24]),
        ("from -5 to 7", [-5, 7]),
        ("years 2010-2015", [2010, 2015]),
        ("a 10x20 grid", [10, 20]),
        ("6.02e23 of them", [6.02e23]),
        ("第三十二页和100元", [32, 100]),
        ("1.5万元", [15000]),
        ("AB12C at 10.0.0.1", []),
    ],
)
def test_numbers_are_found_as_people_write_them(text: str, values: list[float]) -> None:
    assert [value for _, _, value in find_numbers(text)] == values


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("on July 4th, 2023", "2023-07-04"),
        ("on 4 July 2023", "2023-07-04"),
        ("on 2023-07-04", "2023-07-04"),
        ("on 07/04/2023", "2023-07-04"),
        ("on 25/12/2023", "2023-12-25"),
        ("2024年5月6日", "2024-05-06"),
    ],
)
def test_a_written_date_becomes_an_iso_date(text: str, iso: str) -> None:
    assert [value for _, _, value in find_dates(text)] == [iso]


@pytest.mark.parametrize(
    ("text", "time"), [("at 3:30 pm", "15:30"), ("at 12 am", "00:00"), ("at 16:48", "16:48"), ("下午3点", "15:00")]
)
def test_a_time_is_on_the_24_hour_clock(text: str, time: str) -> None:
    assert [value for _, _, value in find_times(text)] == [time]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("what is 3 times 4", "3 * 4"),
        ("1,200 divided by 4", "1200 / 4"),
        ("(2+3)*4", "(2 + 3) * 4"),
        ("15% of 80", "15 / 100 * 80"),
        ("100加上32乘以2", "100 + 32 * 2"),
    ],
)
def test_spoken_arithmetic_becomes_an_expression(text: str, expression: str) -> None:
    found = find_expression(text)
    assert found is not None
    assert found[2] == expression


def test_a_date_is_no_arithmetic() -> None:
    assert find_expression("on 2024-05-06") is None


def test_quotes_addresses_and_literals_are_mentions() -> None:
    found = find_mentions("Send 'hi there' to a@b.org, see https://x.org/y. Data: [[1, 2], [3, 4]]")
    assert [mention.value for mention in of_kind(found, "quoted", "email", "url", "literal")] == [
        "hi there",
        "a@b.org",
        "https://x.org/y",
        [[1, 2], [3, 4]],
    ]


def test_numbers_in_a_row_are_one_list() -> None:
    assert [mention.value for mention in of_kind(find_mentions("the mean of 4, 5 and 6"), "numbers")] == [[4, 5, 6]]


def test_an_apostrophe_does_not_open_a_quote() -> None:
    assert of_kind(find_mentions("What's Ann's job and Bob's?"), "quoted") == []


@pytest.mark.parametrize(
    "piece", ["x", "北", "1", "1,", "(", " ", '"', "1 + ", "一", "one ", "a@", "\n", "sqrt(", "[1,"]
)
def test_reading_a_text_takes_linear_time_whatever_it_holds(piece: str) -> None:
    began = time.perf_counter()
    find_mentions(piece * 20_000)
    assert time.perf_counter() - began < 5


def test_rows_of_digits_and_numbers_beyond_floats_are_no_numbers() -> None:
    assert list(find_numbers("9" * 5000 + " and 1e999")) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("minus four, seven and negative 3.5", [-4, 7, -3.5]),
        ("a dozen eggs and half a dozen rolls", [12, 6]),
        ("half an hour and two and a half litres", [0.5, 2.5]),
        ("f/4 at 50 mm", [4, 50]),
        ("a hundred and twenty people", [120]),
        ("10 minus 4", [10, -4]),
        ("a few hundred people", []),
    ],
)
def test_numbers_as_people_say_them(text: str, values: list[float]) -> None:
    assert [value for _, _, value in find_numbers(text)] == values
