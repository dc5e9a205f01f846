"""When values are the same, ROUGE-L, recall and intervals."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolmesh_evaluation.metrics.intervals import estimate
from toolmesh_evaluation.metrics.retrieval import recall_at
from toolmesh_evaluation.metrics.rouge_l import rouge_l, tokens
from toolmesh_evaluation.metrics.same_value import same_value

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("gold", "got"),
    [
        (40.7, "40.7"),
        ("1,000", 1000),
        (3, 3.0),
        (True, "true"),
        ("New York", " new  york."),
        ("ＡＢＣ", "abc"),
        (["a", "b"], "a, b"),
        ([1, 2], "[1, 2]"),
        ({"a": 1}, '{"a": 1.0}'),
        ("API_call_0", "API_call_0"),
    ],
)
def test_values_that_mean_the_same_are_the_same(gold: Any, got: Any) -> None:
    assert same_value(gold, got)
    assert same_value(got, gold)


@pytest.mark.parametrize(
    ("gold", "got"),
    [
        (1, 2),
        (1, True),
        ("01234", "1234"),
        ("a", None),
        (None, "null"),
        (["a", "b"], ["b", "a"]),
        (["a"], ["a", "a"]),
        ({"a": 1}, {"b": 1}),
        (10**400, 1),
        ("20%", 0.2),
    ],
)
def test_values_that_differ_are_not_the_same(gold: Any, got: Any) -> None:
    assert not same_value(gold, got)
    assert not same_value(got, gold)


@given(JSON)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    assert same_value(value, value)


@given(JSON, JSON)
def test_who_is_right_does_not_matter_to_sameness(one: Any, other: Any) -> None:
    assert same_value(one, other) == same_value(other, one)


def test_rouge_l_takes_english_by_words_and_chinese_by_characters() -> None:
    assert tokens("Ask 2 things, 请问天气") == ["ask", "2", "things", "请", "问", "天", "气"]
    assert rouge_l("the cat sat on the mat", "the cat on a mat") == pytest.approx(2 * 4 / 11)
    assert rouge_l("今天天气好", "今天好") == pytest.approx(2 * 3 / 8)


def test_rouge_l_of_nothing() -> None:
    assert rouge_l("", "...") == 1
    assert rouge_l("a", "") == 0


def slow_longest_common(first: list[str], second: list[str]) -> int:
    rows = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            rows[i + 1][j + 1] = rows[i][j] + 1 if one == other else max(rows[i][j + 1], rows[i + 1][j])
    return rows[-1][-1]


WORDS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=12)


@given(WORDS, WORDS)
def test_rouge_l_agrees_with_the_textbook(first: list[str], second: list[str]) -> None:
    expected = 2 * slow_longest_common(first, second) / (len(first) + len(second))
    assert rouge_l(" ".join(first), " ".join(second)) == pytest.approx(expected)


def test_recall_counts_distinct_right_tools_among_the_best() -> None:
    assert recall_at(2, ["a", "b", "b"], ["x", "a", "b"]) == 0.5
    assert recall_at(3, ["a", "b", "b"], ["x", "a", "b"]) == 1
    assert recall_at(1, [], ["a"]) is None


def test_an_interval_holds_its_mean_and_is_the_same_each_time() -> None:
    values = [0.0, 1.0] * 50
    groups = [str(number) for number in range(100)]
    first = estimate(values, groups)
    assert first == estimate(values, groups)
    assert first.low < first.mean == 0.5 < first.high
    # The textbook's interval of a share: 0.5 +- 1.96 * sqrt(0.25 / 100).
    assert first.high - first.low == pytest.approx(0.196, abs=0.03)


def test_values_of_one_group_are_drawn_together_so_that_the_interval_is_wider() -> None:
    values = [0.0] * 50 + [1.0] * 50
    alone = estimate(values, [str(number) for number in range(100)])
    together = estimate(values, [str(number // 10) for number in range(100)])
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_one_value_has_an_interval_of_no_width() -> None:
    found = estimate([0.25], ["a"])
    assert (found.mean, found.low, found.high, found.count) == (0.25, 0.25, 0.25, 1)
