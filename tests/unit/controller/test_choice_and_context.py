"""Fusing scores, fitting to the context, and grounding of answers."""

import json

import pytest

from toolmesh_controller.domain.choose import Evidence, choice_scores, is_decisive
from toolmesh_controller.domain.conversation import ToolCall
from toolmesh_controller.domain.fit_context import MIN_RESULT_TOKENS, Sizes, byte_bound, cut_middle, fit
from toolmesh_controller.domain.follow_up import leans_on_history
from toolmesh_controller.domain.grounding import is_grounded, rendered
from toolmesh_controller.domain.lexical import lexical_scores, tool_words
from toolmesh_controller.domain.turn import DoneCall
from toolmesh_controller.domain.words import tokens, word_set


def test_probabilities_sum_to_one_and_come_best_first() -> None:
    scores = choice_scores([Evidence("a", 0.05), Evidence("b", 0.6)], allow_none=True)
    assert [score.tool for score in scores] == ["b", "", "a"]
    assert sum(score.probability for score in scores) == pytest.approx(1.0)


def test_no_tool_is_left_out_where_a_call_is_required() -> None:
    assert [score.tool for score in choice_scores([Evidence("a", 0.0)], allow_none=False)] == ["a"]


def test_a_clear_lead_is_decisive_and_a_tie_is_not() -> None:
    assert is_decisive(choice_scores([Evidence("a", 0.9), Evidence("b", 0.1)], allow_none=True))
    assert not is_decisive(choice_scores([Evidence("a", 0.5), Evidence("b", 0.5)], allow_none=True))


def test_a_word_that_every_tool_has_tells_nothing_apart() -> None:
    tools = [tool_words("get_rain", "", ""), tool_words("get_wind", "", "")]
    rain, wind = lexical_scores(word_set("how much rain will I get"), tools)
    assert rain > wind


def test_words_meet_across_forms_and_spellings() -> None:
    assert set(tokens("calculateAreas")) == set(tokens("calculation of the area"))
    assert "北京" in tokens("北京的天气")


def test_what_fits_is_not_cut() -> None:
    assert fit(Sizes(10, [5, 5], [5], [5, 5]), 35).cut.empty


def test_history_goes_first_then_results_then_candidates() -> None:
    sizes = Sizes(10, [50, 50], [300, 80], [20, 20, 20])
    assert fit(sizes, 500).history_from == 1
    cut = fit(sizes, 350)
    assert (cut.history_from, cut.candidates, cut.results) == (2, 3, (200, 80))
    least = fit(sizes, 10 + 2 * MIN_RESULT_TOKENS + 20)
    assert (least.candidates, least.results) == (1, (MIN_RESULT_TOKENS, MIN_RESULT_TOKENS))
    assert least.fits
    assert not fit(Sizes(100), 50).fits


def test_the_middle_is_cut_and_both_ends_stay() -> None:
    text = "begin " + "x" * 1000 + " end"
    cut = cut_middle(text, 250, 50)
    assert len(cut) < 250
    assert cut.startswith("begin")
    assert cut.endswith("end")


def test_the_byte_bound_is_over_any_count() -> None:
    assert byte_bound(["日本"]) >= 6


def done(result: object, tool: str = "get_rate") -> DoneCall:
    return DoneCall(ToolCall("c", tool, '{"amount": 20}'), json.dumps(result, ensure_ascii=False))


@pytest.mark.parametrize(
    ("answer", "grounded"),
    [
        ("20 dollars are 18.4 euros.", True),
        ("It is 18.40.", True),
        ("It is 18.", False),
        ("20 dollars are some euros.", False),
    ],
)
def test_an_answer_tells_the_results_values_and_no_others(answer: str, grounded: bool) -> None:
    assert is_grounded(answer, [done({"result": 18.4})], "20 dollars in euros") is grounded


def test_of_a_long_result_a_part_may_be_told() -> None:
    assert is_grounded("Ann is first.", [done({"a": "Ann", "b": "Bo", "c": "Cy", "d": "Di"})], "who?")


def test_results_are_told_plainly_in_the_users_language() -> None:
    assert rendered([done({"result": 18.4, "unit": "EUR"})], "rate?") == "get rate: 18.4 EUR"
    assert rendered([done({"error": "no data", "reason": "X"})], "汇率？") == "get rate 失败：no data"
    assert rendered([done([])], "which?") == "get rate: nothing found"


@pytest.mark.parametrize(
    ("request_text", "leans"),
    [("And in Berlin?", True), ("那上海呢？", True), ("What about tomorrow?", True), ("The weather in Berlin", False)],
)
def test_a_short_follow_up_leans_on_what_was_asked_before(request_text: str, leans: bool) -> None:
    assert leans_on_history(request_text) is leans


def test_meaning_finds_a_tool_that_shares_no_word_and_leaves_out_one_that_only_sounds_near() -> None:
    near = choice_scores([Evidence("a", 0.0, meaning=0.9)], allow_none=True)
    far = choice_scores([Evidence("a", 0.2, meaning=0.8)], allow_none=True)
    assert (near[0].tool, far[0].tool) == ("a", "")


LONG = {"place": "Rome", "date": "2026-01-02", "condition": "rain", "high": 12}


@pytest.mark.parametrize(
    ("answer", "request_text", "grounded"),
    [
        ("It will rain in Rome.", "weather in Rome", True),
        ("The weather in Rome.", "weather in Rome", False),
        ('weather({"place": "Rome"}) gives rain', "weather in Rome", False),
        ("It will rain, 12 degrees.", "罗马天气怎么样", False),
    ],
    ids=["new", "only what was asked", "a copied call", "another language"],
)
def test_an_answer_from_a_long_result_says_something_new_in_the_users_language(
    answer: str, request_text: str, grounded: bool
) -> None:
    call = DoneCall(ToolCall("c", "weather", '{"place": "Rome"}'), json.dumps(LONG))
    assert is_grounded(answer, [call], request_text) is grounded
