"""A first look at a GBNF grammar, which names what is wrong and where.

llama.cpp says only that a grammar is bad, and one nested deep enough overflows its parser's stack and ends the process.
"""

import re

from toolmesh_core.errors import InvalidInput

MOST_CHARACTERS = 256 * 1024
MOST_RULES = 4096
MOST_NESTING = 64

_TOKEN = re.compile(
    r"""(?P<skip>\#[^\n]*|[ \t\r\n]+)
      | (?P<define>(?P<defined>[A-Za-z0-9-]+)[ \t]*::=)
      | (?P<text>"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|!?<[^>\n]*>|\.)
      | (?P<name>[A-Za-z0-9-]+)
      | (?P<open>\()
      | (?P<close>\))
      | (?P<bar>\|)
      | (?P<repeat>[*+?]|\{\s*\d*\s*(?:,\s*\d*\s*)?\})""",
    re.VERBOSE | re.DOTALL,
)


def check_grammar(grammar: str) -> None:
    """Raises InvalidInput where a grammar is malformed, too large or nested too deep."""
    if len(grammar) > MOST_CHARACTERS:
        raise _bad(f"it has {len(grammar)} characters; {MOST_CHARACTERS} are the most")
    if grammar.lstrip().startswith("%llguidance"):
        raise _bad("it is in the Lark form of llguidance; write it in GBNF")
    _Reading(grammar).finish()


class _Reading:
    """One pass over a grammar: its rules, and where each name was used first."""

    def __init__(self, grammar: str) -> None:
        self._grammar = grammar
        self._rules: set[str] = set()
        self._used: dict[str, int] = {}
        self._open: list[int] = []
        self._before = ""
        position = 0
        while position < len(grammar):
            position = self._step(position)

    def _step(self, position: int) -> int:
        found = _TOKEN.match(self._grammar, position)
        if found is None:
            raise _bad(f"line {self._line(position)}: {self._what_is_at(position)}")
        kind = str(found.lastgroup)
        if kind != "skip":
            self._take(kind, found, position)
            self._before = kind
        return found.end()

    def _take(self, kind: str, found: re.Match[str], position: int) -> None:
        line = self._line(position) if kind != "text" else 0
        if kind == "define":
            self._close_rule(line)
            self._rules.add(found["defined"])
            if len(self._rules) > MOST_RULES:
                raise _bad(f"it has more than {MOST_RULES} rules")
        elif not self._rules:
            raise _bad(f'line {line or 1}: it must begin with a rule, such as \'root ::= "yes" | "no"\'')
        elif kind == "name":
            self._used.setdefault(found["name"], line)
        elif kind == "open":
            self._open.append(line)
            if len(self._open) > MOST_NESTING:
                raise _bad(f"line {line}: brackets are nested deeper than {MOST_NESTING}")
        elif kind == "close":
            if not self._open:
                raise _bad(f"line {line}: ')' without '('")
            self._open.pop()
        elif kind == "repeat" and self._before not in ("text", "name", "close", "repeat"):
            raise _bad(f"line {line}: {found[0]!r} has nothing to repeat")

    def finish(self) -> None:
        self._close_rule(self._line(len(self._grammar)))
        if "root" not in self._rules:
            raise _bad("it has no rule named 'root', where a text begins")
        for name, line in self._used.items():
            if name not in self._rules:
                raise _bad(f"line {line}: rule {name!r} is used but not defined")

    def _close_rule(self, line: int) -> None:
        if self._open:
            raise _bad(f"line {self._open[-1]}: '(' is not closed before line {line}")

    def _line(self, position: int) -> int:
        return self._grammar.count("\n", 0, position) + 1

    def _what_is_at(self, position: int) -> str:
        rest = self._grammar[position : position + 20].split("\n")[0]
        if rest.startswith('"'):
            return f"the text {rest!r} has no closing quote"
        if rest.startswith("["):
            return f"the character class {rest!r} has no closing bracket"
        return f"{rest!r} is not GBNF; rule names hold letters, digits and '-' only"


def _bad(problem: str) -> InvalidInput:
    return InvalidInput(f"bad grammar: {problem}", field="constraint.grammar", reason="BAD_GRAMMAR")
