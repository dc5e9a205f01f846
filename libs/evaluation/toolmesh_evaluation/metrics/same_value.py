"""When two argument values count as the same: by meaning of the JSON value, not by its spelling."""

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

_NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][-+]?\d+)?")
_MARKS = " \t\n\"'`.。!！?？"
_TRUTHS = {"true": True, "false": False}


def same_value(gold: Any, got: Any) -> bool:
    """Whether two values count as the same.

    Numbers by value, also where one is text; truth values also as text; text without regard to case, width, spacing and
    the marks around it; lists in order and objects by key, also where one is text that holds them.
    """
    if gold is None or got is None:
        return gold is got
    if isinstance(gold, Mapping) or isinstance(got, Mapping):
        return _same_objects(_opened(gold), _opened(got))
    if _is_list(gold) or _is_list(got):
        return _same_lists(_listed(gold), _listed(got))
    return _same_scalars(gold, got)


def plain(text: str) -> str:
    """Text as it is compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(_MARKS)


def _same_scalars(gold: Any, got: Any) -> bool:
    truths = _truth(gold), _truth(got)
    if None not in truths:
        return truths[0] is truths[1]
    numbers = _number(gold), _number(got)
    if numbers[0] is not None and numbers[1] is not None:
        return math.isclose(numbers[0], numbers[1], rel_tol=1e-9, abs_tol=1e-12)
    return plain(str(gold)) == plain(str(got))


def _same_lists(gold: Sequence[Any], got: Sequence[Any]) -> bool:
    return len(gold) == len(got) and all(same_value(one, other) for one, other in zip(gold, got, strict=True))


def _same_objects(gold: Any, got: Any) -> bool:
    if not (isinstance(gold, Mapping) and isinstance(got, Mapping)):
        return False
    return gold.keys() == got.keys() and all(same_value(gold[key], got[key]) for key in gold)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _opened(value: Any) -> Any:
    """The JSON value of a text that holds one, else the value."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _listed(value: Any) -> Sequence[Any]:
    """A value as a list: a text that lists with commas is cut at them."""
    opened = _opened(value)
    if _is_list(opened):
        return tuple(opened)
    if isinstance(opened, str):
        return [item.strip() for item in opened.strip("[] ").split(",")]
    return (opened,)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(value.strip().lower()) if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        # A whole number that no float can hold is compared by its digits.
        return float(value) if abs(value) < 1e300 else None
    text = str(value).strip()
    if not text or not _NUMBER.fullmatch(text) or not any(character.isdigit() for character in text):
        return None
    # Digits with a leading zero are a code or a postcode, not an amount.
    if re.match(r"[-+]?0\d", text):
        return None
    return float(text.replace(",", ""))
