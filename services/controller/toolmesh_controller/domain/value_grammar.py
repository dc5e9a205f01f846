"""The grammar of one argument's value: spans and numbers of the request where the schema has strings and numbers."""

from collections.abc import Sequence

from toolmesh_controller.domain.copying import span_rules, units_of
from toolmesh_controller.domain.grammar import Bounds, GrammarWriter, literal
from toolmesh_controller.domain.listed_values import listed_values
from toolmesh_controller.domain.mentions import of_kind
from toolmesh_controller.domain.request_text import RequestText
from toolmesh_controller.domain.slots import Slot, names_of
from toolmesh_controller.domain.tool_schema import Parameter, kind_of, simple_node
from toolmesh_controller.domain.words import word_set

# Parameters that take a phrase or a sentence; the others take a name or a term, which ends before a preposition.
_PHRASES = word_set(
    "query question text message content topic keyword description prompt note body title sentence command subject "
    "comment task instruction search phrase reason summary story lyric 内容 文本 问题"
)


def value_grammar(parameter: Parameter, request: RequestText, decided: Sequence[Slot], bounds: Bounds) -> str:
    """A GBNF grammar that matches a space and the JSON value of this parameter."""
    node = simple_node(parameter.node)
    taken = [(slot.mention.start, slot.mention.end) for slot in decided if slot.mention]
    phrase = bool(names_of(parameter) & _PHRASES)
    units = units_of(request.text, taken=() if phrase else taken, across=phrase)
    spans, rules = span_rules(request.text, units)
    numbers = [mention.value for mention in of_kind(request.mentions, "number")]
    writer = GrammarWriter(bounds, spans, list(dict.fromkeys(numbers)), dict(rules) if spans else {})
    expression = writer.value(node)
    listed = listed_values(parameter.description) if kind_of(node) == "string" and not node.get("format") else ()
    if listed and not phrase:
        expression = " | ".join([*(literal(value) for value in listed), f"({expression})"])
    return writer.text(f'" " ({expression})')
