"""Units of measure and currencies."""

import json
import os
import sys
from pathlib import Path

import pytest

from toolmesh_core.clock import SystemClock
from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.adapters.rates_file import SAMPLE, RatesFile
from toolmesh_tool_calculation.api.number_tools import calculate, convert_currency, convert_units
from toolmesh_tool_calculation.bootstrap import Desk
from toolmesh_tool_calculation.domain.currencies import find_currency
from toolmesh_tool_calculation.domain.unit_names import CHINESE, ENGLISH
from toolmesh_tool_calculation.domain.units import find_unit
from toolmesh_toolkit import ToolContext

RATES = {"source": "test bank", "date": "2024-01-02", "base": "EUR", "rates": {"USD": 1.1, "JPY": 165, "CNY": 7.7}}


def context_with(rates_file: Path | None, data_dir: Path) -> ToolContext[Desk]:
    return ToolContext(user="u", state=Desk(RatesFile(rates_file, data_dir), SystemClock()))


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (26.2, "miles", "km", 42.1648128),
        (100, "fahrenheit", "celsius", 37.7777777777778),
        (100, "C", "F", 212),
        (0, "K", "°C", -273.15),
        (1, "square foot", "square inches", 144),
        (2, "cups", "ml", 473.176473),
        (60, "miles per hour", "km/h", 96.56064),
        (10, "m/s", "kph", 36),
        (1, "m^3", "liters", 1000),
        (1, "cubic meter", "L", 1000),
        (1, "GiB", "MiB", 1024),
        (1, "kWh", "kJ", 3600),
        (5, "公斤", "磅", 11.0231131092439),
        (3, "斤", "公斤", 1.5),
        (1, "亩", "平方米", 666.666666666667),
        (90, "公里/小时", "米每秒", 25),
        (36.6, "摄氏度", "华氏度", 97.88),
        (-40, "℃", "℉", -40),
        (30, "mpg", "km/l", 12.7543112229082),
    ],
)
def test_measurements_are_converted(value: float, source: str, target: str, result: float) -> None:
    assert convert_units(value, source, target)["result"] == result


def test_a_conversion_can_be_read_aloud() -> None:
    assert convert_units(0.1, "m", "cm")["text"] == "0.1 m = 10 cm"


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("km", "kg", "INCOMPATIBLE_UNITS"),
        ("flurb", "kg", "UNKNOWN_UNIT"),
        ("km^99", "m", "UNKNOWN_UNIT"),
        ("().__class__", "m", "UNKNOWN_UNIT"),
        ("m" * 79, "m", "UNKNOWN_UNIT"),
        ("5 km", "m", "UNKNOWN_UNIT"),
        ("USD", "EUR", "UNKNOWN_UNIT"),
        (" ", "m", "UNKNOWN_UNIT"),
    ],
)
def test_units_that_do_not_fit_or_exist_are_refused(source: str, target: str, reason: str) -> None:
    with pytest.raises(ToolError) as caught:
        convert_units(1, source, target)
    assert caught.value.reason == reason


def test_a_misspelt_unit_gets_a_suggestion() -> None:
    with pytest.raises(ToolError, match="kilometer"):
        convert_units(1, "kilometr", "m")


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_an_amount_must_be_finite(value: float) -> None:
    with pytest.raises(ToolError, match="finite"):
        convert_units(value, "km", "m")


@pytest.mark.parametrize("alias", [*CHINESE, *ENGLISH])
def test_every_alias_names_a_unit(alias: str) -> None:
    assert find_unit(alias) is not None


def test_money_is_converted_by_the_users_table_and_its_date_is_told(tmp_path: Path) -> None:
    (tmp_path / "rates.json").write_text(json.dumps(RATES))
    found = convert_currency(100, "美元", "CNY", context_with(None, tmp_path))
    assert (found["result"], found["rates_date"], found["rates_source"]) == (700, "2024-01-02", "test bank")
    assert convert_currency(3, "EUR", "yen", context_with(None, tmp_path))["result"] == 495


def test_the_table_may_be_csv_and_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("currency,rate,date,source\nEUR,1,2024-01-02,bank\nUSD,1.25,,\n")
    context = context_with(path, tmp_path)
    assert convert_currency(10, "EUR", "USD", context)["result"] == 12.5
    path.write_text("currency,rate,date,source\nEUR,1,2024-01-03,bank\nUSD,2,,\n")
    os.utime(path, (1, 1))
    assert convert_currency(10, "EUR", "USD", context)["result"] == 20


def test_without_a_table_of_ones_own_the_sample_says_that_it_is_one(tmp_path: Path) -> None:
    assert "sample" in convert_currency(1, "USD", "EUR", context_with(None, tmp_path))["rates_source"]


def test_small_amounts_keep_their_digits(tmp_path: Path) -> None:
    (tmp_path / "rates.json").write_text(json.dumps(RATES))
    assert convert_currency(1, "JPY", "EUR", context_with(None, tmp_path))["result"] == 0.006061


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        '{"base": "EUR"}',
        json.dumps({**RATES, "rates": {"USD": 0}}),
        json.dumps({**RATES, "rates": {"USD": -1}}),
        '{"source": "x", "date": "2024-01-01", "base": "EUR", "rates": {"USD": 1e999999999}}',
        json.dumps({**RATES, "rates": {"USD": "many"}}),
        json.dumps({**RATES, "date": "yesterday"}),
    ],
)
def test_a_bad_table_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "rates.json").write_text(content)
    with pytest.raises(ToolError, match=r"rates\.json") as caught:
        convert_currency(1, "USD", "EUR", context_with(None, tmp_path))
    assert caught.value.reason == "BAD_RATES"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("USD", "USD"),
        ("usd", "USD"),
        ("dollars", "USD"),
        ("$", "USD"),
        ("人民币", "CNY"),
        ("元", "CNY"),
        ("British pounds", "GBP"),
        ("欧元", "EUR"),
        ("港币", "HKD"),
    ],
)
def test_a_currency_goes_by_code_sign_or_name(text: str, code: str) -> None:
    assert find_currency(text, RatesFile(None, SAMPLE.parent / "none").table()) == code


@pytest.mark.parametrize("text", ["¥", "XYZ", "doubloons", ""])
def test_an_unknown_currency_is_refused(text: str) -> None:
    with pytest.raises(ToolError) as caught:
        find_currency(text, RatesFile(None, SAMPLE.parent / "none").table())
    assert caught.value.reason == "UNKNOWN_CURRENCY"


def test_calculate_answers_with_text_so_that_no_digit_is_lost(tmp_path: Path) -> None:
    answer = calculate("0.1 + 0.2", context_with(None, tmp_path))
    assert answer == {"expression": "0.1 + 0.2", "result": "0.3", "exact": True}


def test_no_eval_is_anywhere_in_the_package() -> None:
    folder = Path(sys.modules["toolmesh_tool_calculation"].__file__ or "").parent
    for path in folder.rglob("*.py"):
        assert "eval(" not in path.read_text(encoding="utf-8")
