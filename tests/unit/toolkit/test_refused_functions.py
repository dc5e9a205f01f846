"""What cannot be a tool is refused at import, with the function, the parameter and what to write instead."""

import re
import threading
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Annotated, Any, Optional

import pytest
from pydantic import Field

from toolmesh_toolkit import tool


def no_docstring(a: int) -> int:
    return a


def no_type(a) -> int:  # type: ignore[no-untyped-def]
    """Do it."""
    return int(a)


def star_args(*values: int) -> int:
    """Do it."""
    return sum(values)


def star_kwargs(**values: int) -> int:
    """Do it."""
    return sum(values.values())


def positional(a: int, /) -> int:
    """Do it."""
    return a


def no_json_form(lock: threading.Event) -> int:
    """Do it."""
    return 1


def no_json_form_inside(names: list[str], locks: dict[str, list[threading.Event]]) -> int:
    """Do it."""
    return 1


def callback(done: Callable[[int], int]) -> int:
    """Do it."""
    return 1


def no_json_result(a: int) -> threading.Event:
    """Do it."""
    return threading.Event()


def none_default(a: int = None) -> int:  # type: ignore[assignment]  # noqa: RUF013
    """Do it."""
    return a


def bad_default(a: Annotated[int, Field(ge=1)] = 0) -> int:
    """Do it."""
    return a


def field_default(a: int = Field(3)) -> int:
    """Do it."""
    return a


def not_imported(a: "Missing") -> int:  # type: ignore[name-defined]  # noqa: F821
    """Do it."""
    return 1


def yields_numbers() -> Generator[int, None, int]:
    """Do it."""
    yield 1
    return 1


def stale(a: int) -> int:
    """Do it.

    Args:
        gone: was renamed.
    """
    return a


class Shop:
    def buy(self, item: str) -> str:
        """Do it."""
        return item


@pytest.mark.parametrize(
    ("function", "parts"),
    [
        (no_docstring, ["'no_docstring'", "no docstring", "say what it does"]),
        (no_type, ["'no_type'", "'a'", "no type", "`a: str`"]),
        (star_args, ["'star_args'", "'*values'", "list[...]"]),
        (star_kwargs, ["'star_kwargs'", "'**values'", "dict[str, ...]"]),
        (positional, ["'positional'", "'a'", "remove the '/'"]),
        (no_json_form, ["'no_json_form'", "'lock'", "Event", "use what JSON can carry"]),
        (no_json_form_inside, ["'no_json_form_inside'", "'locks'", "Event", "use what JSON can carry"]),
        (callback, ["'callback'", "'done'", "Callable", "use what JSON can carry"]),
        (no_json_result, ["'no_json_result'", "its result", "Event", "use what JSON can carry"]),
        (none_default, ["'none_default'", "'a'", "None", "`TYPE | None`"]),
        (bad_default, ["'bad_default'", "'a'", "default 0", "mend the default"]),
        (field_default, ["'field_default'", "'a'", "Annotated[TYPE, Field(...)] = DEFAULT"]),
        (not_imported, ["'not_imported'", "'Missing'", "top of the module"]),
        (yields_numbers, ["'yields_numbers'", "int", "Progress(fraction, message)"]),
        (stale, ["'stale'", "'gone'", "its parameters are a"]),
        (Shop.buy, ["'buy'", "'self'", "a function of the module"]),
        (Shop, ["a function", "Shop", "plain `def`"]),
    ],
)
def test_the_error_names_the_function_the_parameter_and_the_remedy(function: Any, parts: list[str]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        tool(function)
    assert [part for part in parts if part not in str(caught.value)] == [], str(caught.value)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"timeout": 5}, "timedelta(seconds=5)"),
        ({"timeout": timedelta()}, "over 0 s"),
        ({"tags": "web"}, "tags must be a list, such as ['web']"),
        ({"examples": "go"}, "examples must be a list"),
        ({"cost": -1}, "US dollars"),
        ({"cost": "1"}, "US dollars"),
        ({"cost": float("inf")}, "US dollars"),
        ({"name": "has space"}, "1 to 64"),
        ({"colour": 1}, "colour"),
    ],
)
def test_a_bad_option_is_refused_with_what_to_write(options: dict[str, Any], why: str) -> None:
    def go(a: Optional[int] = None) -> int:  # noqa: UP045 - both ways to write it are read
        """Do it."""
        return a or 0

    with pytest.raises((TypeError, ValueError), match=re.escape(why)):
        tool(**options)(go)
