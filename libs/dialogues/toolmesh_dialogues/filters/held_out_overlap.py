"""Overlap with evaluation sets: no user's message may share a long run of words with them, or be one of their texts."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue
from toolmesh_dialogues.filters.shingles import shingles, text_units

# One shared run of 13 (as for GPT-3), or 70% of all runs of 8 (as for PaLM); shorter requests must be equal as a whole.
LONG_RUN, SHORT_RUN = 13, 8
_MOST_SHARED = 0.7
_SUFFIXES = {".json", ".jsonl", ".csv", ".txt", ".md"}
_FEWEST_UNITS = 4


class HeldOutOverlap:
    def __init__(self, paths: Sequence[Path]) -> None:
        """Reads every text of the files, and of the data files in folders. Raises InvalidInput for a missing path."""
        self._runs: set[int] = set()
        self._texts: set[str] = set()
        for path in paths:
            for file in _files(path):
                for text in _texts(file):
                    self._add(text_units(text))

    def overlaps(self, dialogue: Dialogue) -> bool:
        """Whether a user's message is too near to an evaluation set."""
        return any(self._shares(text_units(message.content)) for message in dialogue.messages if message.role == "user")

    def _add(self, units: list[str]) -> None:
        if len(units) >= _FEWEST_UNITS:
            self._texts.add(" ".join(units))
        for length in (LONG_RUN, SHORT_RUN):
            if len(units) >= length:
                self._runs.update(shingles(units, length))

    def _shares(self, units: list[str]) -> bool:
        if " ".join(units) in self._texts:
            return True
        if len(units) >= LONG_RUN and any(run in self._runs for run in shingles(units, LONG_RUN)):
            return True
        if len(units) < SHORT_RUN:
            return False
        runs = list(shingles(units, SHORT_RUN))
        return sum(run in self._runs for run in runs) >= _MOST_SHARED * len(runs)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    if not found:
        raise InvalidInput(f"{path}: no {', '.join(sorted(_SUFFIXES))} files to hold out; check the path")
    return found


def _texts(file: Path) -> Iterator[str]:
    text = file.read_text("utf-8", errors="replace")
    if file.suffix == ".csv":
        for row in csv.reader(io.StringIO(text)):
            yield from row
        return
    if file.suffix not in (".json", ".jsonl"):
        yield from text.splitlines()
        return
    try:
        yield from _strings(orjson.loads(text))
    except orjson.JSONDecodeError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield from _strings(_parsed(line, f"{file}:{number}"))


def _parsed(line: str, where: str) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{where}: not JSON: {error}") from error


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
