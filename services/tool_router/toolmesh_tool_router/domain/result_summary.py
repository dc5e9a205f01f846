"""A short form of an output that is too large to pass on: still valid JSON, and honest about what is missing."""

from typing import Any

import orjson

_MOST_ITEMS = 20


def summarise(output: Any, text: str, most_characters: int) -> Any:
    """What an LLM should see of a large output.

    Args:
        output: the output, parsed.
        text: the output as JSON text.
        most_characters: about how long the summary's JSON text may be.
    """
    if isinstance(output, list):
        return {"count": len(output), "first_items": _first_items(output, most_characters)}
    return _head_and_tail(output if isinstance(output, str) else text, most_characters)


def wrap_summary(summary: Any, artifact: str, size_bytes: int, note: str) -> str:
    """The JSON text that stands in for the output.

    Args:
        artifact: where the whole is; empty where it could not be stored.
        note: one sentence for the LLM on what it sees.
    """
    wrapped = {"summary": summary, "artifact": artifact or None, "size_bytes": size_bytes, "note": note}
    return orjson.dumps(wrapped).decode()


def _first_items(items: list[Any], most_characters: int) -> list[Any]:
    room = most_characters
    taken: list[Any] = []
    for item in items[:_MOST_ITEMS]:
        text = orjson.dumps(item).decode()
        room -= len(text) + 1
        if room < 0:
            return taken or [_head_and_tail(text, most_characters)]
        taken.append(item)
    return taken


def _head_and_tail(text: str, most_characters: int) -> dict[str, str]:
    head = most_characters * 3 // 4
    return {"head": text[:head], "tail": text[-(most_characters - head) :]}
