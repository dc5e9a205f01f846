"""Phrases of a request, and which one a text argument takes."""

import pytest

from toolmesh_controller.domain.phrase_choice import Wanted, decided_phrase, ranked
from toolmesh_controller.domain.phrases import phrases_of, with_regions
from toolmesh_controller.domain.words import split_identifier, word_set


def phrases(text: str, own: str = "", name: str = "") -> list[str]:
    return [phrase.text for phrase in phrases_of(text, (), word_set(own), word_set(name))]


def choice(text: str, name: str, own: str = "") -> str | None:
    named = word_set(split_identifier(name))
    found = phrases_of(text, (), word_set(own) | named, named)
    best = decided_phrase(ranked(found, Wanted(named, frozenset(), word_set(own)), text), alone=True)
    return best.text if best else None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Find flights from Rome to New York", ["flights", "Rome", "New York"]),
        ("Tell me John Smith's age", ["John Smith", "age"]),
        ("Visit the Statue of Liberty", ["Statue of Liberty"]),
        ("Deploy the green app", ["green app"]),
        ("the charity Wings of Hope", ["charity", "Wings of Hope"]),
        ("北京的天气怎么样", ["北京", "天气"]),
    ],
)
def test_phrases_stand_between_small_words(text: str, found: list[str]) -> None:
    assert phrases(text) == found


def test_the_tools_own_words_do_not_count_at_a_phrases_ends() -> None:
    assert phrases("the wine quality dataset", own="load a dataset") == ["wine quality"]
    assert phrases("play jazz music", own="play music") == ["jazz"]


def test_a_capitalised_word_of_the_parameters_name_stays_in_a_name() -> None:
    assert phrases("the Premier League", name="league") == ["Premier League"]


def test_a_place_may_carry_its_region() -> None:
    text = "a hotel in Paris, France for Ann"
    found = with_regions(text, phrases_of(text, (), frozenset(), frozenset()))
    assert [phrase.text for phrase in found] == ["hotel", "Paris, France", "Ann"]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("flights from Rome to Oslo", "origin", "Rome"),
        ("flights from Rome to Oslo", "destination", "Oslo"),
        ("book a table for Ann in Lyon", "city", "Lyon"),
        ("a campaign called Spring for teachers", "campaign_name", "Spring"),
    ],
)
def test_the_words_around_a_phrase_tell_whose_it_is(text: str, name: str, value: str) -> None:
    assert choice(text, name) == value


def test_what_nothing_tells_apart_is_left_open() -> None:
    assert choice("tea, pie, cake", "thing") is None
