"""Looks inside the arguments of a call: where a value is, and what is asked of it."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

ArgumentTest = Callable[[Any], bool]
ValueTest = Callable[[Any], bool]
EVERY = "*"
_NUMBERS = (int, float)
# Without escapes: "evil.example%2f.ours.example" is another host to a reader that undoes them.
_HOST = re.compile(r"[a-z0-9.-]+")


def path_of(text: str) -> tuple[str, ...]:
    """The steps of a path: a JSON Pointer (RFC 6901) where it begins with "/", else names joined by dots.

    "*" is every item of a list and every value of an object. ValueError for an empty step.
    """
    steps = text[1:].split("/") if text.startswith("/") else text.split(".")
    if not all(steps):
        raise ValueError(f"{text!r} is no path: write /recipient/country or recipient.country")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def pointer_of(steps: Sequence[str]) -> str:
    """The JSON Pointer of some steps."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def argument_test(path: tuple[str, ...], tests: Sequence[ValueTest], *, every: bool, present: bool) -> ArgumentTest:
    """Whether what is at a path passes all tests.

    Args:
        every: all the values there must pass, and there must be one; otherwise one that passes is enough.
        present: False asks that there is none.
    """
    if not present:
        return lambda arguments: next(_values_at(arguments, path), _MISSING) is _MISSING
    if len(path) == 1 and path[0] != EVERY:
        return _of_one(path[0], tuple(tests))
    passes = _all_of(tuple(tests))

    def test(arguments: Any) -> bool:
        values = list(_values_at(arguments, path))
        return bool(values) and (all if every else any)(map(passes, values))

    return test


def same_as(expected: Any) -> ValueTest:
    """Equal, where true is not 1."""
    is_flag = isinstance(expected, bool)
    return lambda value: value == expected and isinstance(value, bool) == is_flag


def one_of(options: Sequence[Any]) -> ValueTest:
    """Equal to one of them."""
    tests = [same_as(option) for option in options]
    return lambda value: any(test(value) for test in tests)


def compared(holds: Callable[[Any, float], bool], bound: float) -> ValueTest:
    """A number that compares so with a bound; what is no number does not."""
    # The very types, since true is an int to Python; JSON has no others.
    return lambda value: type(value) in _NUMBERS and holds(value, bound)


def matching(pattern: str) -> ValueTest:
    """A text that fits a regular expression from its beginning to its end.

    Rust's regular expressions, by way of the validator we have: their time is linear in the text, so nobody can hold
    the router up with a text made for it. ValueError where the pattern is none.
    """
    try:
        validator = jsonschema_rs.Draft202012Validator(
            {"type": "string", "pattern": rf"\A(?:{pattern})\z"}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except (ValueError, jsonschema_rs.ValidationError) as error:
        raise ValueError(
            f"{pattern!r} is no regular expression; look-around and back-references are not known"
        ) from error
    is_valid: ValueTest = validator.is_valid
    return is_valid


def to_host_of(hosts: Sequence[str]) -> ValueTest:
    """An http or https URL whose host is one of those listed, "*.example.com" being all below it.

    A URL that two readers could take differently fits nothing: user names, backslashes, spaces, other than ASCII.
    """
    exact = frozenset(host.lower() for host in hosts if not host.startswith("*."))
    below = tuple(host.lower()[1:] for host in hosts if host.startswith("*."))

    def test(value: Any) -> bool:
        host = _host_of(value) if isinstance(value, str) else ""
        return host in exact or (bool(below) and host.endswith(below))

    return test


def _host_of(url: str) -> str:
    plain = url.isascii() and url.isprintable() and not any(sign in url for sign in "\\@ ")
    try:
        parts = urlsplit(url if plain else "")
        host = (parts.hostname or "") if parts.scheme in ("http", "https") and parts.port != 0 else ""
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""


class _Missing:
    """Stands for no value, since null is one."""


_MISSING = _Missing()


def _of_one(name: str, tests: tuple[ValueTest, ...]) -> ArgumentTest:
    """The common case, made quick: one argument of the call itself."""
    if len(tests) == 1:
        [only] = tests
        return lambda arguments: name in arguments and only(arguments[name])
    return lambda arguments: name in arguments and all(test(arguments[name]) for test in tests)


def _all_of(tests: tuple[ValueTest, ...]) -> ValueTest:
    return lambda value: all(test(value) for test in tests)


def _values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        found = list(value.values()) if step == EVERY else [value[step]] if step in value else []
    elif isinstance(value, list):
        found = value if step == EVERY else _item_of(value, step)
    else:
        found = []
    for item in found:
        yield from _values_at(item, rest)


def _item_of(items: list[Any], step: str) -> list[Any]:
    return [items[int(step)]] if step.isdecimal() and int(step) < len(items) else []
