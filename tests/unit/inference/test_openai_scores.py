"""Continuations by the texts of the most likely next tokens."""

import math

import pytest

from toolmesh_inference.adapters.openai_scores import TextSearch, top_texts_of


def test_different_first_tokens_need_one_pass() -> None:
    search = TextSearch(["add", "mul"])
    assert search.next_prefix() == ""
    search.record("", {"ad": math.log(0.6), "mul": math.log(0.2), "x": math.log(0.2)})
    assert search.next_prefix() is None
    assert [math.exp(each) for each in search.log_probabilities()] == pytest.approx([0.75, 0.25])


def test_a_shared_first_token_is_walked_on() -> None:
    search = TextSearch(["get_time", "get_date", "add"])
    search.record("", {"get": math.log(0.8), "add": math.log(0.2)})
    assert search.next_prefix() == "get"
    search.record("get", {"_time": math.log(0.5), "_date": math.log(0.5)})
    assert [math.exp(each) for each in search.log_probabilities()] == pytest.approx([0.4, 0.4, 0.2])


def test_a_token_that_goes_beyond_the_end_counts() -> None:
    search = TextSearch(["yes", "no"])
    search.record("", {'yes"': math.log(0.9), "no": math.log(0.1)})
    assert math.exp(search.log_probabilities()[0]) == pytest.approx(0.9)


def test_one_that_is_not_told_gets_the_least() -> None:
    search = TextSearch(["yes", "maybe"])
    search.record("", {"yes": math.log(0.9), "no": math.log(0.1)})
    assert math.exp(search.log_probabilities()[1]) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "logprobs",
    [
        {"content": [{"token": "a", "top_logprobs": [{"token": "a", "logprob": -0.5}]}]},
        {"tokens": ["a"], "top_logprobs": [{"a": -0.5}]},
    ],
    ids=["chat", "completions"],
)
def test_both_shapes_of_logprobs_are_read(logprobs: dict) -> None:
    assert top_texts_of({"choices": [{"logprobs": logprobs}]}) == {"a": -0.5}


@pytest.mark.parametrize("reply", [{}, {"choices": []}, {"choices": [{"logprobs": None}]}])
def test_a_server_that_tells_none_gives_none(reply: dict) -> None:
    assert top_texts_of(reply) == {}
