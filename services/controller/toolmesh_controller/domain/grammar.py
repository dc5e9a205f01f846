"""JSON Schema to a bounded GBNF grammar: one way to write white space, and a limit on every length and digit.

Unbounded, a small model repeats itself until the token limit. What a schema says and a grammar cannot (pattern,
multipleOf, exact ranges) is checked after the text is written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolmesh_controller.domain.copying import quote
from toolmesh_controller.domain.tool_schema import Node, alternatives, choices_of, kind_of


@dataclass(frozen=True, slots=True)
class Bounds:
    """The longest things a grammar lets a model write."""

    string_chars: int = 200
    array_items: int = 16
    object_keys: int = 8
    integer_digits: int = 15
    fraction_digits: int = 8
    depth: int = 5


_CHAR = r'[^"\\\x00-\x1f\x7f] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})'
_DATE = '[0-9]{4} "-" [01] [0-9] "-" [0-3] [0-9]'
_CLOCK = '[0-2] [0-9] ":" [0-5] [0-9] ":" [0-5] [0-9]'
_FORMATS = {
    "date": _DATE,
    "time": f'{_CLOCK} ("Z" | [+-] [0-2] [0-9] ":" [0-5] [0-9])',
    "date-time": f'{_DATE} "T" {_CLOCK} ("Z" | [+-] [0-2] [0-9] ":" [0-5] [0-9])',
    "email": '[A-Za-z0-9._+-]{1,64} "@" [A-Za-z0-9-]{1,63} ("." [A-Za-z0-9-]{1,63}){1,4}',
    "uri": '("http" "s"? "://") [A-Za-z0-9._~:/?#@!$&()*+,;=%-]{1,200}',
    "uuid": '[0-9a-f]{8} ("-" [0-9a-f]{4}){3} "-" [0-9a-f]{12}',
    "ipv4": '[0-9]{1,3} ("." [0-9]{1,3}){3}',
}


@dataclass(slots=True)
class GrammarWriter:
    """Builds one grammar; `strings`, where set, is the expression every free string's inside is drawn from."""

    bounds: Bounds = field(default_factory=Bounds)
    strings: str = ""
    numbers: Sequence[Any] = ()
    rules: dict[str, str] = field(default_factory=dict)

    def text(self, root: str) -> str:
        """The whole grammar."""
        return "\n".join([f"root ::= {root}", *(f"{name} ::= {body}" for name, body in self.rules.items())])

    def value(self, node: Node, depth: int = 0) -> str:
        """The expression of one JSON value under `node`."""
        kind = kind_of(node)
        writer = getattr(self, f"_{kind}", None)
        if writer is None or depth > self.bounds.depth:
            return self._any(node, depth)
        expression: str = writer(node, depth)
        return expression

    def members(self, properties: Sequence[tuple[str, Node]], required: frozenset[str], depth: int = 0) -> str:
        """An object with these members in this order; those that are not required may be left out."""
        return self.written([(name, self.value(node, depth + 1)) for name, node in properties], required)

    def written(self, members: Sequence[tuple[str, str]], required: frozenset[str]) -> str:
        """The same from the expressions of the members' values, the required members first."""
        if not members:
            return '"{}"'
        first = self._member_chain(members, required)
        must = any(name in required for name, _ in members)
        inside = f"({first})" if must else f"({first})?"
        return f'"{{" {inside} "}}"'

    def _member_chain(self, members: Sequence[tuple[str, str]], required: frozenset[str]) -> str:
        """The members with a comma before each but the first one written."""
        first, later = "", ""
        for name, expression in reversed(members):
            pair = f"{quote(json.dumps(name, ensure_ascii=False) + ': ')} {self._named(expression)}"
            rest = f" {self._named(later)}" if later else ""
            if name in required:
                first, later = f"{pair}{rest}", f'", " {pair}{rest}'
            else:
                first = f"{pair}{rest}" + (f" | {first}" if first else "")
                later = f'(", " {pair})?{rest}'
        return first

    def _named(self, expression: str) -> str:
        """A rule of its own for a long, branching or repeating expression: grammars stay linear in the schema, and a
        repetition does not multiply one inside it, which llama.cpp refuses."""
        if "|" not in expression and "{" not in expression and len(expression) < 40:
            return expression
        for name, body in self.rules.items():
            if body == expression:
                return name
        name = f"r{len(self.rules)}"
        self.rules[name] = expression
        return name

    def _enum(self, node: Node, depth: int) -> str:
        return " | ".join(literal(value) for value in choices_of(node))

    def _choice(self, node: Node, depth: int) -> str:
        return " | ".join(self._named(self.value(shape, depth + 1)) for shape in alternatives(node))

    def _boolean(self, node: Node, depth: int) -> str:
        return '"true" | "false"'

    def _null(self, node: Node, depth: int) -> str:
        return '"null"'

    def _string(self, node: Node, depth: int) -> str:
        inside = _FORMATS.get(str(node.get("format", "")))
        if inside:
            return f'"\\"" {inside} "\\""'
        if self.strings:
            return f'"\\"" {self._named(self.strings)} "\\""'
        self.rules.setdefault("char", _CHAR)
        least = int(node.get("minLength", 0))
        most = max(least, min(int(node.get("maxLength", self.bounds.string_chars)), self.bounds.string_chars))
        return f'"\\"" char{{{least},{most}}} "\\""'

    def _integer(self, node: Node, depth: int) -> str:
        if self.numbers:
            whole = [value for value in self.numbers if float(value).is_integer()]
            if whole:
                return " | ".join(literal(int(value)) for value in whole)
        return _sign(node) + f'("0" | [1-9] [0-9]{{0,{self.bounds.integer_digits - 1}}})'

    def _number(self, node: Node, depth: int) -> str:
        if self.numbers:
            return " | ".join(literal(value) for value in self.numbers)
        return (
            _sign(node)
            + f'("0" | [1-9] [0-9]{{0,{self.bounds.integer_digits - 1}}})'
            + f' ("." [0-9]{{1,{self.bounds.fraction_digits}}})?'
        )

    def _array(self, node: Node, depth: int) -> str:
        if "prefixItems" in node:
            items = [self._named(self.value(child, depth + 1)) for child in node["prefixItems"]]
            return '"[" ' + ' ", " '.join(items) + ' "]"'
        least = int(node.get("minItems", 0))
        most = max(least, min(int(node.get("maxItems", self.bounds.array_items)), self.bounds.array_items))
        if most == 0:
            return '"[]"'
        item = self._named(self.value(node.get("items", {}), depth + 1))
        inside = f'{item} (", " {item}){{{max(least - 1, 0)},{most - 1}}}'
        return f'"[" {inside} "]"' if least else f'"[" ({inside})? "]"'

    def _object(self, node: Node, depth: int) -> str:
        properties = list(node.get("properties", {}).items())
        if properties:
            required = frozenset(node.get("required", ()))
            ordered = [pair for pair in properties if pair[0] in required]
            ordered += [pair for pair in properties if pair[0] not in required]
            return self.members(ordered, required, depth)
        extra = node.get("additionalProperties", {})
        if extra is False:
            return '"{}"'
        value = self._named(self.value(extra if isinstance(extra, Mapping) else {}, depth + 1))
        pair = f'"\\"" [A-Za-z0-9_]{{1,32}} "\\": " {value}'
        return f'"{{" ({pair} (", " {pair}){{0,{self.bounds.object_keys - 1}}})? "}}"'

    def _any(self, node: Node, depth: int) -> str:
        shapes = [self._string({}, depth), self._number({}, depth), '"true"', '"false"', '"null"']
        return " | ".join(f"({shape})" if "|" in shape else shape for shape in shapes)


def literal(value: Any) -> str:
    """The GBNF literal of a JSON value."""
    return quote(json.dumps(value, ensure_ascii=False))


def _sign(node: Node) -> str:
    least = node.get("minimum", node.get("exclusiveMinimum"))
    return "" if isinstance(least, (int, float)) and least >= 0 else '"-"? '
