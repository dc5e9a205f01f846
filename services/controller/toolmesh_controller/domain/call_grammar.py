"""The grammar of a whole call's arguments, for a model that was trained to write them.

Texts are pieces of what was said, values that a description lists, or dates in the form it asks for; numbers are those
that were said. So a call is well formed and nothing in it is made up, whatever the model would rather write.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from toolmesh_controller.domain.copying import span_rules, units_of
from toolmesh_controller.domain.grammar import Bounds, GrammarWriter, literal
from toolmesh_controller.domain.listed_values import listed_values
from toolmesh_controller.domain.mention_values import written_date
from toolmesh_controller.domain.mentions import of_kind
from toolmesh_controller.domain.request_text import RequestText
from toolmesh_controller.domain.tool_schema import Parameter, kind_of, simple_node

_PERCENT = re.compile(r"\s*(?:%|percent\b|per cent\b|％)", re.IGNORECASE)
_MOST_ALTERNATIVES = 48


def call_grammar(parameters: Sequence[Parameter], said: RequestText, decided: Mapping[str, Any], bounds: Bounds) -> str:
    """A space and the object of arguments; optional ones may be left out.

    Args:
        decided: values that stand already, by parameter.
    """
    spans, rules = span_rules(said.text, units_of(said.text))
    writer = GrammarWriter(bounds, spans, said_numbers(said), dict(rules))
    members = [(item.name, _expression(item, said, decided, writer)) for item in parameters]
    required = frozenset(item.name for item in parameters if item.required or item.name in decided)
    ordered = [pair for pair in members if pair[0] in required] + [pair for pair in members if pair[0] not in required]
    return writer.text(f'" " {writer.written(ordered, required)}')


def said_numbers(said: RequestText) -> list[int | float]:
    """The numbers of a text; of a percentage the fraction too."""
    found: list[int | float] = []
    for mention in of_kind(said.mentions, "number"):
        found.append(mention.value)
        if _PERCENT.match(said.text, mention.end) or "%" in said.text[mention.start : mention.end]:
            found.append(round(mention.value / 100, 10))
    return list(dict.fromkeys(found))[:_MOST_ALTERNATIVES]


def _expression(item: Parameter, said: RequestText, decided: Mapping[str, Any], writer: GrammarWriter) -> str:
    if item.name in decided:
        return literal(decided[item.name])
    node = simple_node(item.node)
    if kind_of(node) != "string" or node.get("format"):
        return writer.value(node)
    known = list(dict.fromkeys(_known_texts(item, said)))[:_MOST_ALTERNATIVES]
    return " | ".join([*map(literal, known), writer.value(node)])


def _known_texts(item: Parameter, said: RequestText) -> Iterable[str]:
    """Texts that are no mere stretch of what was said."""
    yield from listed_values(item.description)
    if isinstance(item.node.get("default"), str):
        yield item.node["default"]
    for mention in said.mentions:
        if mention.kind == "date":
            yield written_date(item, str(mention.value))
        elif mention.kind in ("quoted", "time", "email", "url", "expression", "rest", "day"):
            yield str(mention.value)
