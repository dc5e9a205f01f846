"""Values of databases as JSON has them."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from toolmesh_tool_sql.domain.json_cells import json_cell


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (2**53, "9007199254740992"),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+2"), "100"),
        (Decimal("NaN"), "NaN"),
        (date(2024, 1, 5), "2024-01-05"),
        (datetime(2024, 1, 5, 10), "2024-01-05T10:00:00"),
        (time(10, 30), "10:30:00"),
        (timedelta(hours=1), "1:00:00"),
        (b"\x00\xff", "AP8="),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([Decimal("1.5"), None], ["1.5", None]),
        ({"a": [1]}, {"a": [1]}),
    ],
)
def test_nothing_loses_its_digits(value: object, shown: object) -> None:
    assert json_cell(value, 100) == shown


def test_what_is_long_is_cut_and_counted() -> None:
    assert json_cell("x" * 30, 10) == "xxxxxxxxxx… (30 characters)"
    assert json_cell(b"\x00" * 300, 8) == "AAAAAAAA… (300 bytes)"
    assert json_cell(list(range(50)), 12) == "[0, 1, 2, 3,… (190 characters)"
