"""Reads fields of OpenAI requests; everything wrong is collected with the field's path."""

from collections.abc import Mapping
from typing import Any

import jiter

from toolmesh_gateway.api.transcoding.reading import FieldError, describe


class Fields:
    """The fields of one JSON object.

    Args:
        path: of the object, for errors; empty for the request itself.
        errors: where faults go.
    """

    def __init__(self, value: Any, path: str, errors: list[FieldError]) -> None:
        self.errors = errors
        self._path = path
        self._values: Mapping[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            errors.append(FieldError(path, f"must be an object, got {describe(value)}"))

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def path(self, name: str) -> str:
        """The path of a field."""
        return f"{self._path}.{name}" if self._path else name

    def get(self, name: str) -> Any:
        """The value; None where it is missing."""
        return self._values.get(name)

    def names(self) -> list[str]:
        """The fields that were given a value."""
        return [name for name, value in self._values.items() if value is not None]

    def wrong(self, name: str, what: str) -> None:
        """Notes that a field is wrong."""
        self.errors.append(FieldError(self.path(name), what))

    def text(self, name: str, *, required: bool = False) -> str:
        """A string; "" where it is missing or wrong."""
        value = self._values.get(name)
        if value is None:
            if required:
                self.wrong(name, "is missing")
            return ""
        if not isinstance(value, str):
            self.wrong(name, f"must be a string, got {describe(value)}")
            return ""
        return value

    def array(self, name: str, *, required: bool = False) -> list[Any]:
        """An array; [] where it is missing or wrong."""
        value = self._values.get(name)
        if value is None:
            if required:
                self.wrong(name, "is missing")
            return []
        if not isinstance(value, list):
            self.wrong(name, f"must be an array, got {describe(value)}")
            return []
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """true or false."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(name, f"must be true or false, got {describe(value)}")
        return default

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number from `low` to `high`; None where it is missing or wrong."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, int | jiter.LosslessFloat) and not isinstance(value, bool) and low <= float(value) <= high:
            return float(value)
        self.wrong(name, f"must be a number from {low:g} to {high:g}, got {describe(value)}")
        return None

    def integer(self, name: str, low: int, high: int) -> int | None:
        """An integer from `low` to `high`; None where it is missing or wrong."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.wrong(name, f"must be an integer from {low} to {high}, got {describe(value)}")
        return None

    def inner(self, name: str) -> "Fields":
        """The fields of an object in this one."""
        return Fields(self._values.get(name), self.path(name), self.errors)
