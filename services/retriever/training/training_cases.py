"""Builds training cases for the ranking model: requests with labels over large, small and tool-less registries."""

import csv
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from toolmesh_dialogues.held_back import is_held_back
from toolmesh_dialogues.sources.written_source import WrittenSource, shipped
from toolmesh_retriever.domain.centring import TypicalMeans, Vectors, centred_requests
from toolmesh_retriever.domain.embedded_line import TextKind
from toolmesh_retriever.domain.match_features import dense_features, lexical_features
from toolmesh_retriever.domain.meaning_index import Cosines, MeaningIndex
from toolmesh_retriever.domain.request_clauses import Clause, clauses_of
from toolmesh_retriever.domain.tool_index import Floats, ToolIndex
from toolmesh_retriever.domain.tool_search import candidates_of, matched
from toolmesh_retriever.domain.tool_text import ToolText
from toolmesh_retriever.domain.typical_texts import PASSAGES, REQUESTS

SMALL_SIZES = (6, 15, 40, 120, 400)
REGISTRIES_A_SIZE = 8
REQUESTS_A_REGISTRY = 30
SHARE_WITH_TOOL = 0.6
SHARE_BLINDED = 0.25
LEAST_SIMILARITY_OF_BLINDED = 0.5
EXAMPLES_A_TOOL = 3

Embed = Callable[[Sequence[str], bool], Vectors]


@dataclass(frozen=True)
class Request:
    """A request and the names of its right tools; `group` is what is held out together."""

    text: str
    gold: frozenset[str]
    group: str


@dataclass(frozen=True)
class Case:
    """Features of one request in one registry.

    Attributes:
        lexical, dense: [clauses, candidates, features].
        labels: [candidates], 1 where right.
        gold_count: right tools in the registry, candidates or not.
        names: of the candidates.
    """

    lexical: Floats
    dense: Floats
    labels: Floats
    gold_count: int
    weight: float
    group: str
    names: tuple[str, ...]


def seal_tools(folder: Path) -> tuple[dict[str, ToolText], dict[str, str]]:
    """Tools by name, and the field of each."""
    rows = list(_json_lines(folder / "tool.jsonl"))
    tools = {row["api_name"]: seal_tool_text(row) for row in rows}
    return tools, {row["api_name"]: row["field"].split("/")[0] for row in rows}


def seal_tool_text(row: dict[str, Any]) -> ToolText:
    """Name, description, parameters and declared output."""
    return ToolText(row["api_name"], row["api_description"], _words(row["parameters"]), _words(row["responses"]))


def _words(properties: Mapping[str, Mapping[str, str]]) -> str:
    return " ".join(f"{name} {value.get('description', '')}" for name, value in properties.items())


def seal_requests(folder: Path, name: str, field_of: dict[str, str]) -> list[Request]:
    """The requests of one file; held out by the field of the first tool."""
    requests = []
    for row in _json_lines(folder / f"{name}.jsonl"):
        gold = [call["api"] for call in row["calling"]]
        requests.append(Request(row["query"], frozenset(gold), field_of[gold[0]]))
    return requests


def metatool(folder: Path, held_back: bool) -> tuple[dict[str, ToolText], list[Request]]:
    """A tenth of the tools is held back, with every request that needs one of them; the same one everywhere."""
    described: dict[str, str] = {}
    for name in ("plugin_des.json", "big_tool_des.json"):
        described |= json.loads((folder / name).read_text())
    kept = [name for name in sorted(described) if held_back or not is_held_back(name)]
    with (folder / "queries.csv").open(newline="") as file:
        rows = [(row["Query"], row["Tool"]) for row in csv.DictReader(file)]
    requests = [Request(text, frozenset([tool]), tool) for text, tool in rows if tool in described]
    requests = [request for request in requests if is_held_back(request.group) == held_back]
    return {name: ToolText(name, described[name]) for name in kept}, requests


def written() -> tuple[dict[str, ToolText], list[Request]]:
    """Requests written by hand (`toolmesh_dialogues.sources.written_source`) without those of tools held back."""
    tools: dict[str, ToolText] = {}
    requests = []
    for dialogue, _ in WrittenSource(0, shipped()).dialogues():
        called = frozenset(call.tool for call in dialogue.calls())
        for tool in dialogue.tools:
            if not is_held_back(tool.name):
                words = _words(tool.arguments_schema["properties"])
                tools[tool.name] = ToolText(tool.name, tool.description, words)
        if (
            called
            and not any(map(is_held_back, called))
            and sum(each.role == "user" for each in dialogue.messages) == 1
        ):
            requests.append(Request(dialogue.messages[0].content, called, min(called)))
    return tools, [request for request in requests if request.gold <= tools.keys()]


class CaseBuilder:
    """Makes cases; vectors come from `embed(texts, is_request)`."""

    def __init__(self, embed: Embed, seed: int) -> None:
        self._embed = embed
        self._means = TypicalMeans.of(
            {language: embed(texts, True) for language, texts in REQUESTS.items()},
            {language: embed(texts, False) for language, texts in PASSAGES.items()},
        )
        self._random = random.Random(seed)

    def whole(self, tools: dict[str, ToolText], requests: Iterable[Request], weight: float) -> Iterator[Case]:
        """Every request over all tools."""
        index, meaning = self._indexed(tools.values())
        for request in requests:
            yield self._case(index, meaning, request, weight, blind=False)

    def small(self, tools: dict[str, ToolText], requests: list[Request], weight: float) -> Iterator[Case]:
        """Requests over small registries drawn at random, where some have no right tool at all."""
        names = sorted(tools)
        for size in SMALL_SIZES:
            for number in range(REGISTRIES_A_SIZE if size < len(names) else 0):
                drawn = self._random.sample(requests, min(REQUESTS_A_REGISTRY, len(requests)))
                chosen = self._choose(names, drawn, size)
                texts = [tools[name] for name in chosen]
                examples = self._examples(requests, drawn)
                if number % 2 == 0:
                    texts = [replace(text, examples=examples.get(text.name, ())) for text in texts]
                index, meaning = self._indexed(texts)
                for request in drawn:
                    blind = self._random.random() < SHARE_BLINDED
                    yield self._case(index, meaning, request, weight, blind)

    def _choose(self, names: list[str], drawn: list[Request], size: int) -> list[str]:
        """Right tools of some requests, then others, none of them right for the requests that shall have none."""
        rest = drawn[int(len(drawn) * SHARE_WITH_TOOL) :]
        forbidden = {name for request in rest for name in request.gold}
        chosen: list[str] = []
        for request in drawn[: len(drawn) - len(rest)]:
            wanted = sorted(request.gold - forbidden - set(chosen))
            if len(chosen) + len(wanted) < size:
                chosen += wanted
        others = [name for name in names if name not in forbidden and name not in chosen]
        return chosen + self._random.sample(others, min(size - len(chosen), len(others)))

    def _examples(self, requests: list[Request], drawn: list[Request]) -> dict[str, tuple[str, ...]]:
        """A few requests of each tool that many single-tool requests name.

        Never the asked requests themselves: they would be found by being equal.
        """
        asked = set(drawn)
        by_tool = defaultdict(list)
        for request in requests:
            if len(request.gold) == 1 and request not in asked:
                by_tool[next(iter(request.gold))].append(request.text)
        return {
            tool: tuple(self._random.sample(texts, EXAMPLES_A_TOOL))
            for tool, texts in by_tool.items()
            if len(texts) >= 2 * EXAMPLES_A_TOOL
        }

    def _indexed(self, texts: Iterable[ToolText]) -> tuple[ToolIndex, MeaningIndex]:
        index, meaning = ToolIndex(texts), MeaningIndex()
        meaning.set_means(self._means)
        for slot in range(index.capacity):
            meaning.put(slot, index.entry(slot).text.lines())
        for kind in TextKind:
            lines = [line for line in meaning.missing() if line.kind is kind]
            if lines:
                vectors = self._embed([line.text for line in lines], kind is TextKind.REQUEST)
                meaning.add({line.key: vector for line, vector in zip(lines, vectors, strict=True)})
        return index, meaning

    def _case(self, index: ToolIndex, meaning: MeaningIndex, request: Request, weight: float, blind: bool) -> Case:
        clauses = clauses_of(request.text)
        asked = [clause.text for clause in clauses]
        cosines = meaning.cosines(centred_requests(self._embed(asked, True), asked, self._means), index.capacity)
        if cosines is None:
            raise ValueError("a registry without vectors cannot be trained on")
        if blind:
            # As if asked in another language: no word is known, and vectors are less near.
            scale = self._random.uniform(LEAST_SIMILARITY_OF_BLINDED, 1)
            cosines = Cosines(cosines.best * scale, cosines.examples * scale)
            clauses = [Clause(clause.text, tuple(f"\0{term}" for term in clause.terms)) for clause in clauses]
        match, mask = matched(index, clauses)
        candidates = candidates_of(index, match, mask, cosines)
        names = tuple(index.entry(slot).text.name for slot in candidates.tolist())
        return Case(
            lexical_features(index, match, candidates),
            dense_features(cosines, mask, candidates),
            np.array([float(name in request.gold) for name in names]),
            sum(index.slot_of(name) is not None for name in request.gold),
            weight,
            request.group,
            names,
        )


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        yield from map(json.loads, file)
