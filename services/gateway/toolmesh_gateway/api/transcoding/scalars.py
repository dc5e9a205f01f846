"""Readers of plain values, as strict as proto3 JSON: no text for a number, no number for a truth value."""

import math
from collections.abc import Callable
from typing import Any

import jiter
from google.protobuf.descriptor import FieldDescriptor

_FLOAT32_MAX = 3.4028234663852886e38
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class FieldFault(Exception):
    """A value does not fit its field; the text says what would."""


def scalar_reader(cpp_type: int) -> Callable[[Any], Any]:
    """The reader of a protobuf C++ type; FieldDescriptor.CPPTYPE_*."""
    return _READERS[cpp_type]


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        number = value
        if isinstance(value, jiter.LosslessFloat):
            # 3.0 is an integer for proto3 JSON.
            exact = float(value)
            number = int(exact) if exact.is_integer() else None
        if not isinstance(number, int) or isinstance(number, bool):
            raise FieldFault("must be an integer")
        if not low <= number <= high:
            raise FieldFault(f"must be an integer from {low} to {high}")
        return number

    return read


def _floating(limit: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if isinstance(value, str) and value in _SPECIAL:
            return _SPECIAL[value]
        if isinstance(value, bool) or not isinstance(value, int | float | jiter.LosslessFloat):
            raise FieldFault("must be a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if abs(number) > limit:
            raise FieldFault("must be a smaller number")
        return number

    return read


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise FieldFault("must be true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise FieldFault("must be a string")
    return value


_READERS: dict[int, Callable[[Any], Any]] = {
    FieldDescriptor.CPPTYPE_INT32: _integer(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: _integer(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: _integer(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: _integer(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_FLOAT: _floating(_FLOAT32_MAX),
    FieldDescriptor.CPPTYPE_DOUBLE: _floating(1.7976931348623157e308),
    FieldDescriptor.CPPTYPE_BOOL: _truth,
    FieldDescriptor.CPPTYPE_STRING: _text,
}
