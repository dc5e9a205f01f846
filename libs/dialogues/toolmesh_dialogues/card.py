"""The data card: what is in a data set, how it was made, and what was refused, in Markdown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from toolmesh_dialogues.dialogue import Dialogue


@dataclass(slots=True)
class PartCounts:
    """Counts over the dialogues of one file."""

    dialogues: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    turns: Counter[int] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    tools: set[str] = field(default_factory=set)
    calls: int = 0

    def add(self, dialogue: Dialogue) -> None:
        """Counts one dialogue. Turns are the user's messages; steps the assistant's messages that call."""
        self.dialogues += 1
        self.kinds[dialogue.kind] += 1
        self.languages[dialogue.language] += 1
        self.sources[dialogue.source] += 1
        self.turns[sum(message.role == "user" for message in dialogue.messages)] += 1
        self.steps[sum(bool(message.tool_calls) for message in dialogue.messages)] += 1
        called = [call.tool for call in dialogue.calls()]
        self.tools.update(called)
        self.calls += len(called)

    def record(self) -> dict[str, object]:
        """The counts as JSON values."""
        return {
            "dialogues": self.dialogues,
            "calls": self.calls,
            "called_tool_names": len(self.tools),
            "kinds": dict(sorted(self.kinds.items())),
            "languages": dict(sorted(self.languages.items())),
            "sources": dict(sorted(self.sources.items())),
            "turns": {str(key): count for key, count in sorted(self.turns.items())},
            "steps": {str(key): count for key, count in sorted(self.steps.items())},
        }


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the data was made: `settings` names what was given, such as the seed and the galleries."""

    seed: int
    settings: Mapping[str, str]
    refused: Mapping[str, int]
    left_out: Mapping[str, int]


def card(name: str, recipe: Recipe, parts: Mapping[str, PartCounts]) -> str:
    """The card's Markdown; the same data gives the same text."""
    lines = [f"# Data card: {name}", "", "Tool-use dialogues, format `toolmesh.dialogues/1`.", ""]
    lines += _table(("setting", "value"), [("seed", recipe.seed), *recipe.settings.items()])
    totals = [(part, one.dialogues, one.calls, len(one.tools)) for part, one in parts.items()]
    lines += ["", "## Files", "", *_table(("file", "dialogues", "calls", "names of tools called"), totals)]
    columns = tuple(parts)
    for title in ("kinds", "languages", "turns", "steps", "sources"):
        counters = [getattr(one, title) for one in parts.values()]
        keys = sorted({key for counter in counters for key in counter})
        rows = [(key, *(counter[key] for counter in counters)) for key in keys]
        lines += ["", f"## By {title}", "", *_table((title, *columns), rows)]
    lines += ["", "## Refused by the filters", "", *_table(("filter", "dialogues"), recipe.refused.items())]
    if recipe.left_out:
        lines += ["", "## Queries of data sets that could not be used", ""]
        lines += _table(("source", "queries"), recipe.left_out.items())
    lines += ["", "Turns are messages of the user; steps are messages of the assistant that call tools.",
              "No tool that is called in held_out.jsonl is called in train.jsonl: a tenth of the tools is held back,",
              "by a hash of the name.", ""]  # fmt: skip
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
