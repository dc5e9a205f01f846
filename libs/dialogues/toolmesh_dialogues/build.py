"""Builds a data set: sources and a generator through the filters, split by tool, with its card."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path
from random import Random

from toolmesh_core.errors import FailedPrecondition, InvalidInput
from toolmesh_dialogues.card import PartCounts, Recipe, card
from toolmesh_dialogues.dialogue import Dialogue, DialogueHeader
from toolmesh_dialogues.dialogue_file import write_dialogues
from toolmesh_dialogues.filters.sieve import Sieve
from toolmesh_dialogues.gallery.built_in import built_in_tools
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.gallery.gallery_file import read_gallery
from toolmesh_dialogues.generators.generator import Generator
from toolmesh_dialogues.held_back import HELD_BACK_SHARE, is_held_back
from toolmesh_dialogues.sources.metatool_source import MetaToolSource
from toolmesh_dialogues.sources.seal_tools_source import SealToolsSource
from toolmesh_dialogues.sources.source import Source
from toolmesh_dialogues.sources.written_source import WrittenSource

# So many refusals in a row mean that the gallery has nothing new to give.
_MOST_REFUSED_IN_A_ROW = 3000
NAME = "toolmesh-dialogues"


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What to build. `count` dialogues are generated, besides those of the sources.

    `written` is a folder of requests written by hand, such as the shipped one (`sources.written_source.shipped`).
    """

    out: Path
    seed: int
    count: int
    galleries: Sequence[Path] = ()
    seal_tools: Path | None = None
    metatool: Path | None = None
    held_out: Sequence[Path] = ()
    written: Traversable | None = None


@dataclass(slots=True)
class BuildReport:
    """What was built."""

    parts: dict[str, PartCounts]
    recipe: Recipe


@dataclass(slots=True)
class _Parts:
    train: list[Dialogue] = field(default_factory=list)
    held_out: list[Dialogue] = field(default_factory=list)


def build(plan: BuildPlan, generator: Generator, on_dialogue: Callable[[], None] = lambda: None) -> BuildReport:
    """Writes train.jsonl, held_out.jsonl and card.md into a folder.

    Raises FailedPrecondition where the gallery gives fewer unlike dialogues than asked, InvalidInput for bad input.
    """
    if plan.count < 0:
        raise InvalidInput(f"count must be 0 or more, got {plan.count}")
    sieve, parts, left_out = Sieve(plan.held_out), _Parts(), {}
    sources = _sources(plan)
    for name, source in sources.items():
        for dialogue, tools in source.dialogues():
            on_dialogue()
            if sieve.keeps(dialogue):
                held_back = any(is_held_back(tool) for tool in tools)
                (parts.held_out if held_back else parts.train).append(dialogue)
        left_out[name] = source.left_out
    _generate(plan, generator, sieve, parts, on_dialogue)
    recipe = Recipe(plan.seed, _settings(plan, generator), dict(sieve.refused), left_out)
    return _written(plan, parts, recipe, (*sources, generator.source))


def _sources(plan: BuildPlan) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    if plan.written:
        sources["written"] = WrittenSource(plan.seed, plan.written)
    if plan.seal_tools:
        sources["seal-tools"] = SealToolsSource(plan.seal_tools, plan.seed)
    if plan.metatool:
        sources["metatool"] = MetaToolSource(plan.metatool, plan.seed)
    return sources


def _generate(
    plan: BuildPlan, generator: Generator, sieve: Sieve, parts: _Parts, on_dialogue: Callable[[], None]
) -> None:
    if not plan.count:
        return
    train, held_back = _gallery(plan).parted()
    wanted = round(plan.count * HELD_BACK_SHARE) if held_back.tools else 0
    for gallery, count, kept, seed in (
        (train, plan.count - wanted, parts.train, plan.seed),
        (held_back, wanted, parts.held_out, plan.seed + 1_000_003),
    ):
        if count:
            kept.extend(_enough(generator.dialogues(gallery, seed), count, sieve, on_dialogue))


def _gallery(plan: BuildPlan) -> Gallery:
    paths = [*plan.galleries, *([plan.seal_tools / "tool.jsonl"] if plan.seal_tools else [])]
    tools = chain(built_in_tools(), *(read_gallery(path) for path in paths))
    return Gallery({tool.base_name: tool for tool in tools}.values())


def _enough(
    dialogues: Iterator[Dialogue], count: int, sieve: Sieve, on_dialogue: Callable[[], None]
) -> Iterator[Dialogue]:
    kept = refused = 0
    for dialogue in dialogues:
        if sieve.keeps(dialogue):
            kept, refused = kept + 1, 0
            on_dialogue()
            yield dialogue
        else:
            refused += 1
        if kept == count:
            return
        if refused == _MOST_REFUSED_IN_A_ROW:
            break
    raise FailedPrecondition(
        f"only {kept} of {count} unlike dialogues came out of the gallery: ask for fewer, or add tools with --gallery"
    )


def _settings(plan: BuildPlan, generator: Generator) -> dict[str, str]:
    """What the card says of the making; names of files without their folders, so that two places give one card."""
    return {
        "generator": generator.source,
        "generated": str(plan.count),
        "galleries": ", ".join(["built in", *(path.name for path in plan.galleries)]),
        "Seal-Tools": "dev and tool.jsonl" if plan.seal_tools else "not used",
        "written by hand": plan.written.name if plan.written else "not used",
        "MetaTool": "queries" if plan.metatool else "not used",
        "checked for overlap against": ", ".join(path.name for path in plan.held_out) or "nothing: no --held-out given",
    }


def _written(plan: BuildPlan, parts: _Parts, recipe: Recipe, sources: tuple[str, ...]) -> BuildReport:
    counted: dict[str, PartCounts] = {}
    for name, dialogues in (("train", parts.train), ("held_out", parts.held_out)):
        # Sources and kinds mixed, so that a run that stops early has seen them all.
        Random(f"{plan.seed}/{name}").shuffle(dialogues)
        counts = counted[f"{name}.jsonl"] = PartCounts()
        for dialogue in dialogues:
            counts.add(dialogue)
        header = DialogueHeader(f"{NAME}/{name}", plan.seed, sources)
        write_dialogues(plan.out / f"{name}.jsonl", header, dialogues)
    (plan.out / "card.md").write_text(card(NAME, recipe, counted), "utf-8")
    return BuildReport(counted, recipe)
