"""Texts and names of a document as an LLM may see them: one line, bounded, only what prints."""

import re
import unicodedata
from collections.abc import Container

MAX_DESCRIPTION_CHARS = 1000
MAX_FIELD_CHARS = 500
_MAX_NAME_CHARS = 64
_NOT_IN_TOOL_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
_NOT_IN_ARGUMENT_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def one_line(text: str, most_chars: int) -> str:
    """The text without line breaks and unseen characters, cut at a word where it is too long."""
    spaced = " ".join(text.split())
    if not spaced.isascii() or not spaced.isprintable():
        spaced = "".join(sign for sign in spaced if unicodedata.category(sign) not in _UNSEEN)
    if len(spaced) <= most_chars:
        return spaced
    cut = spaced[: most_chars - 1]
    return f"{cut.rsplit(' ', 1)[0] or cut}…"


def describe(summary: str, description: str, otherwise: str) -> str:
    """An operation's description: the summary, and what the description adds."""
    first, second = summary.strip(), description.strip()
    if second.startswith(first):
        first = ""
    elif first and first[-1] not in ".!?。":
        first += "."
    return one_line(f"{first} {second}", MAX_DESCRIPTION_CHARS) or otherwise


def tool_name(text: str) -> str:
    """A name that a URL and an LLM's call can carry: letters, digits, "_" and "-", at most 64."""
    return _NOT_IN_TOOL_NAMES.sub("_", text).strip("_")[:_MAX_NAME_CHARS] or "operation"


def argument_name(text: str) -> str:
    """A name that all LLMs take as an argument's: as a tool's, and with dots."""
    return _NOT_IN_ARGUMENT_NAMES.sub("_", text).strip("_")[:_MAX_NAME_CHARS] or "argument"


def free_name(wanted: str, taken: Container[str]) -> str:
    """The name, or the first of name_2, name_3, ... that is not taken; at most 64 characters."""
    name, number = wanted, 1
    while name in taken:
        number += 1
        ending = f"_{number}"
        name = wanted[: _MAX_NAME_CHARS - len(ending)] + ending
    return name
