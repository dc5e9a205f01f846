"""What one open argument may be: decided by the phrases of the request, or a grammar that the LLM chooses under.

Where the schema has strings, the grammar has phrases of the request; where it has numbers, the request's numbers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolmesh_controller.domain.copying import span_rules, units_of
from toolmesh_controller.domain.grammar import Bounds, GrammarWriter, literal
from toolmesh_controller.domain.listed_values import described_words, listed_values
from toolmesh_controller.domain.mentions import of_kind
from toolmesh_controller.domain.phrase_choice import PLACES, Wanted, decided_phrase, likely_phrases, ranked
from toolmesh_controller.domain.phrases import Phrase, phrases_of, runs_of, with_regions
from toolmesh_controller.domain.request_text import RequestText
from toolmesh_controller.domain.slots import names_of
from toolmesh_controller.domain.tool_schema import Parameter, kind_of, simple_node
from toolmesh_controller.domain.words import word_set

# Parameters that take as much as a sentence; the others take one phrase.
_LONG = word_set(
    "query question text message content topic keyword description prompt note body title sentence command subject "
    "comment task instruction search phrase reason summary story lyric event problem 内容 文本 问题"
)
_LIST_JOIN = re.compile(r"\s*(?:,\s*(?:and|or)?|，|、|;|和|与|\band\b|&)\s*")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OpenValue:
    """The value where it is decided, else the grammar of a space and the value."""

    value: Any = None
    decided: bool = False
    grammar: str = ""


@dataclass(frozen=True, slots=True)
class OpenArgument:
    """An argument that no mention decided.

    Attributes:
        taken: stretches of the request that are another argument's value already.
        own_words: the words of the tool's name and description.
        tool_words: those of its name.
        alone: whether it is the only open text argument.
        place: where it stands among the open text arguments, 0 to 1.
    """

    parameter: Parameter
    request: RequestText
    taken: tuple[Span, ...]
    own_words: frozenset[str]
    tool_words: frozenset[str]
    alone: bool
    place: float = 0.5

    @property
    def phrases(self) -> list[Phrase]:
        named = names_of(self.parameter)
        return phrases_of(self.request.text, self.taken, self.own_words | named, named)


def open_value(argument: OpenArgument, bounds: Bounds) -> OpenValue:
    """Decides an argument by the words around the phrases, or gives the grammar of what it may be."""
    node = simple_node(argument.parameter.node)
    kind = kind_of(node)
    if kind == "string" and not node.get("format"):
        return _text(argument, bounds)
    if kind == "array" and kind_of(simple_node(node.get("items", {}))) == "string":
        lists = _lists(argument.request.text, argument.phrases)
        if len(lists) == 1:
            return OpenValue([phrase.text for phrase in lists[0]], decided=True)
    phrases = [literal(phrase.text)[3:-3] for phrase in argument.phrases]
    strings = " | ".join(f'"{phrase}"' for phrase in phrases)
    numbers = list(dict.fromkeys(mention.value for mention in of_kind(argument.request.mentions, "number")))
    writer = GrammarWriter(bounds, strings, numbers)
    return OpenValue(grammar=writer.text(f'" " ({writer.value(node)})'))


def _text(argument: OpenArgument, bounds: Bounds) -> OpenValue:
    named, text = names_of(argument.parameter), argument.request.text
    phrases = argument.phrases
    if named & _LONG:
        if len(phrases) == 1 and argument.alone:
            return OpenValue(phrases[0].text, decided=True)
        phrases = runs_of(text, phrases)
    else:
        described = described_words(argument.parameter.description) - argument.tool_words
        if named & PLACES:
            phrases = with_regions(text, phrases)
        best_first = ranked(phrases, Wanted(named, described, argument.own_words, argument.place), text)
        sure = decided_phrase(best_first, alone=argument.alone)
        if sure:
            return OpenValue(sure.text, decided=True)
        phrases = likely_phrases(best_first) if best_first else []
    if phrases:
        options = " | ".join(literal(phrase.text) for phrase in phrases)
        return OpenValue(grammar=GrammarWriter(bounds).text(f'" " ({options})'))
    listed = listed_values(argument.parameter.description)
    if listed:
        return OpenValue(grammar=GrammarWriter(bounds).text(f'" " ({" | ".join(literal(item) for item in listed)})'))
    spans, rules = span_rules(text, units_of(text, taken=argument.taken))
    writer = GrammarWriter(bounds, spans, rules=dict(rules))
    return OpenValue(grammar=writer.text(f'" " ({writer.value(simple_node(argument.parameter.node))})'))


def _lists(text: str, phrases: Sequence[Phrase]) -> list[list[Phrase]]:
    """Runs of two or more phrases with only commas or "and" between them."""
    found: list[list[Phrase]] = []
    run: list[Phrase] = []
    for phrase in phrases:
        if run and _LIST_JOIN.fullmatch(text, run[-1].end, phrase.start):
            run.append(phrase)
            continue
        found += [run] if len(run) > 1 else []
        run = [phrase]
    return found + ([run] if len(run) > 1 else [])
