"""Parses the tokens of an expression to a tree."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

from toolmesh_core.errors import ToolError
from toolmesh_tool_calculation.domain.tokens import Token, cannot_read, tokenize
from toolmesh_tool_calculation.domain.tree import Binary, Call, Constant, Convert, Literal, Measured, Node, Unary
from toolmesh_tool_calculation.domain.unit_names import POWER_WORDS
from toolmesh_tool_calculation.domain.units import Unit, find_unit, is_unit_name

MAX_DEPTH = 40
FUNCTIONS = frozenset(
    {
        "sqrt",
        "cbrt",
        "abs",
        "round",
        "floor",
        "ceil",
        "min",
        "max",
        "sum",
        "avg",
        "mean",
        "average",
        "log",
        "ln",
        "log2",
    }
    | {"log10", "exp", "sin", "cos", "tan", "asin", "acos", "atan", "factorial", "gcd", "lcm", "mod", "pow"}
)
CONSTANTS = frozenset(["pi", "e", "π"])
MULTIPLIERS = {
    "hundred": 10**2,
    "thousand": 10**3,
    "ten_thousand": 10**4,
    "million": 10**6,
    "hundred_million": 10**8,
    "billion": 10**9,
    "trillion": 10**12,
}
_NO_UNIT = frozenset({"to", "in", "of", "mod", "and", "per"}) | FUNCTIONS | CONSTANTS | MULTIPLIERS.keys()


def parse(expression: str, today: date) -> Node:
    """The tree of an expression.

    Raises:
        ToolError: BAD_EXPRESSION, TOO_LARGE, UNKNOWN_UNIT, BAD_DATE.
    """
    return _Parser(expression, tokenize(expression, today)).whole()


class _Parser:
    """Recursive descent: a method a level of precedence, loosest first."""

    def __init__(self, expression: str, tokens: list[Token]) -> None:
        self._expression = expression
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._sum()
        if self._takes("to", "in"):
            node = Convert(node, self._unit_to_the_end())
        if self._next.kind != "end":
            raise self._stopped()
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _peek(self, ahead: int = 1) -> Token:
        return self._tokens[min(self._position + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._next
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return token

    def _takes(self, *texts: str) -> str:
        """The next token's text where it is one of these, which is then taken; else nothing."""
        return self._take().text if self._next.kind != "number" and self._next.text.lower() in texts else ""

    def _stopped(self) -> ToolError:
        rest = self._tokens[self._position : self._position + 4]
        return cannot_read(self._expression, " ".join(token.text for token in rest if token.kind != "end"))

    def _nested(self, level: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ToolError(f"the expression is nested more than {MAX_DEPTH} deep: split it", reason="TOO_LARGE")
        node = level()
        self._depth -= 1
        return node

    def _sum(self) -> Node:
        node = self._product()
        while operator := self._takes("+", "-", "and"):
            node = Binary("+" if operator == "and" else operator, node, self._product())
        return node

    def _product(self) -> Node:
        node = self._signed()
        while True:
            operator = self._takes("*", "/", "//", "mod", "of", "per") or self._modulo()
            if not operator and self._next.text == "(":
                operator = "*"
            if not operator:
                return node
            node = Binary({"of": "*", "per": "/"}.get(operator, operator), node, self._signed())

    def _modulo(self) -> str:
        """A % that an operand follows; one that stands alone was taken as percent."""
        return "mod" if self._takes("%") else ""

    def _signed(self) -> Node:
        if self._takes("-"):
            return Unary("-", self._nested(self._signed))
        if self._takes("+"):
            return self._nested(self._signed)
        return self._power()

    def _power(self) -> Node:
        base = self._postfixed()
        if self._takes("^"):
            return Binary("^", base, self._nested(self._signed))
        return base

    def _postfixed(self) -> Node:
        node = self._primary()
        while True:
            if self._next.text == "%" and not self._begins_operand(self._peek()):
                self._take()
                node = Unary("%", node)
            elif self._takes("!"):
                node = Unary("!", node)
            else:
                return node

    def _begins_operand(self, token: Token) -> bool:
        if token.kind in ("number", "date") or token.text == "(":
            return True
        return token.kind == "word" and token.text.lower() not in ("of", "to", "in", "mod", "and")

    def _primary(self) -> Node:
        token = self._next
        if token.kind in ("number", "date") and token.value is not None:
            self._take()
            literal = Literal(token.value)
            return self._with_unit(literal) if token.kind == "number" else literal
        if self._takes("("):
            node = self._nested(self._sum)
            self._close()
            return self._with_unit(node) if self._next.kind == "word" else node
        name = token.text.lower()
        if token.kind == "word" and name in FUNCTIONS:
            self._take()
            return Call(name, self._arguments())
        if token.kind == "word" and name in CONSTANTS:
            self._take()
            return Constant(name)
        raise self._stopped()

    def _close(self) -> None:
        if not self._takes(")"):
            raise self._stopped()

    def _arguments(self) -> tuple[Node, ...]:
        if not self._takes("("):
            return (self._nested(self._power),)
        arguments = [self._nested(self._sum)]
        while self._takes(","):
            arguments.append(self._nested(self._sum))
        self._close()
        return tuple(arguments)

    def _with_unit(self, amount: Node) -> Node:
        """The amount with what follows: "million", a constant as in 2 pi, or a unit as in 3 km/h."""
        name = self._next.text.lower()
        if self._next.kind != "word":
            return amount
        if name in MULTIPLIERS:
            self._take()
            return self._with_unit(Binary("*", amount, Literal(Fraction(MULTIPLIERS[name]))))
        if name in CONSTANTS and self._peek().text != "(":
            self._take()
            return Binary("*", amount, Constant(name))
        if name == "in" and (self._peek().kind != "word" or self._peek().text in ("to", "in")):
            self._take()
            return Measured(amount, find_unit("inch"))
        return amount if name in _NO_UNIT else self._with_smaller_unit(Measured(amount, self._unit()))

    def _with_smaller_unit(self, measured: Measured) -> Node:
        """The amount of two units, as in 5 ft 11 in or 3小时45分钟."""
        if self._next.kind != "number" or self._peek().kind != "word":
            return measured
        return Binary("+", measured, self._primary())

    def _unit(self) -> Unit:
        """A unit right after its amount; "/" goes on with it only where a unit follows."""
        unit = self._unit_factor()
        while self._next.text in ("/", "*", "per") and self._peek().kind == "word":
            if self._peek().text.lower() in _NO_UNIT or not self._names_unit(1):
                break
            operator = self._take().text
            factor = self._unit_factor()
            unit = unit * factor if operator == "*" else unit / factor
        return unit

    def _names_unit(self, ahead: int) -> bool:
        word = self._peek(ahead).text
        return is_unit_name(word) or word.lower() in POWER_WORDS

    def _unit_factor(self) -> Unit:
        name = self._take().text
        if self._next.kind == "word" and self._next.text.lower() not in _NO_UNIT:
            two_words = f"{name} {self._next.text}"
            if name.lower() in POWER_WORDS or not is_unit_name(name) or is_unit_name(two_words.lower()):
                self._take()
                name = two_words
        exponent = self._take_unit_exponent()
        return find_unit(name) ** exponent

    def _take_unit_exponent(self) -> int:
        if self._next.text == "^" and self._peek().kind == "number":
            self._take()
            value = self._take().value
            if isinstance(value, Fraction) and value in (1, 2, 3, 4):
                return int(value)
            raise self._stopped()
        return 1

    def _unit_to_the_end(self) -> Unit:
        words = []
        while self._next.kind != "end":
            words.append(self._take().text)
        return find_unit(" ".join(words).replace(" ^ ", "^"))
