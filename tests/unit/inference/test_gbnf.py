"""Bad grammars are named before they reach the engine."""

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_inference.domain.gbnf import MOST_NESTING, MOST_RULES, check_grammar

GOOD = [
    'root ::= "yes" | "no"',
    '# a comment\nroot ::= item ("," item)*\nitem ::= [a-z]+ | "\\"" [^"\\\\]{0,20} "\\""\n',
    "root ::= (\n  first |\n  second-1\n)\nfirst ::= .\nsecond-1 ::= [0-9]{1,3}",
    'root ::= ""',
    'root ::= "a line\nbreak"',
]
BAD = [
    ("", "no rule named 'root'"),
    ('foo ::= "x"', "no rule named 'root'"),
    ("root ::= foo", "line 1: rule 'foo' is used but not defined"),
    ('root ::= a\na ::= b "x"', "line 2: rule 'b' is used but not defined"),
    ('root ::= "x\n', "no closing quote"),
    ("root ::= [a-z", "no closing bracket"),
    ('root ::= ("a" | "b"', "'(' is not closed"),
    ('root ::= "a")', "line 1: ')' without '('"),
    ('root ::= ("a"\nb ::= "c")', "line 1: '(' is not closed before line 2"),
    ('root ::= "a" | * "b"', "nothing to repeat"),
    ('root ::= a_b\na_b ::= "x"', "'_b' is not GBNF"),
    ('"x"', "must begin with a rule"),
    ("%llguidance {}\nstart: nope", "Lark"),
    ("root ::= " + "(" * (MOST_NESTING + 1) + '"a"' + ")" * (MOST_NESTING + 1), "nested deeper"),
    ("\n".join(f'r{i} ::= "x"' for i in range(MOST_RULES + 1)), "more than 4096 rules"),
    ("root ::= " + '"a" ' * 100_000, "characters"),
]


@pytest.mark.parametrize("grammar", GOOD)
def test_a_good_grammar_passes(grammar: str) -> None:
    check_grammar(grammar)


@pytest.mark.parametrize(("grammar", "told"), BAD, ids=[told for _, told in BAD])
def test_a_bad_grammar_is_named(grammar: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_grammar(grammar)
    assert told in caught.value.message
    assert caught.value.field == "constraint.grammar"
    assert caught.value.reason == "BAD_GRAMMAR"


def test_a_hundred_thousand_brackets_are_refused_without_recursion() -> None:
    with pytest.raises(InvalidInput, match="nested deeper"):
        check_grammar("root ::= " + "(" * 100_000)
