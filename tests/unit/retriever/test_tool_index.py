"""The index of tools finds by words and takes changes one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from toolmesh_retriever.domain.tool_index import ToolIndex
from toolmesh_retriever.domain.tool_text import ToolText

FILM = ToolText("getFilm", "Find a film by its title", "title the name of the film")
SEAT = ToolText("bookSeat", "Book a seat in a cinema", "row and number of the seat")
RAIN = ToolText("getWeather", "Tell the weather of a city", "city the name of the city")


def scores(index: ToolIndex, query: list[str]) -> dict[str, float]:
    found = index.score(index.term_ids(query))
    return {name: round(float(found[slot]), 9) for name, slot in index.slots().items()}


def test_the_tool_with_the_words_scores_highest() -> None:
    index = ToolIndex([FILM, SEAT, RAIN])
    found = scores(index, ["film", "titl"])
    assert max(found, key=lambda name: found[name]) == "getFilm"
    assert found["getWeather"] == 0


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    index = ToolIndex([FILM, SEAT, RAIN])
    rare, common = index.term_ids(["seat"]) + index.term_ids(["get"])
    assert index.idf[rare] > index.idf[common]


def test_a_word_in_the_name_counts_more_than_in_the_parameters() -> None:
    index = ToolIndex([ToolText("alpha", "x y", "z w"), ToolText("beta", "x y", "alpha w")])
    found = scores(index, ["alpha"])
    assert found["alpha"] > found["beta"] > 0


def test_a_removed_tool_is_not_found_and_its_slot_is_taken_again() -> None:
    index = ToolIndex([FILM, SEAT])
    slot = index.remove("getFilm")
    assert index.score(index.term_ids(["film"])).sum() == 0
    assert index.upsert(RAIN) == slot
    assert index.remove("unknown") is None


def test_replacing_a_tool_forgets_its_old_words() -> None:
    index = ToolIndex([FILM, SEAT])
    index.upsert(ToolText("getFilm", "Find an opera"))
    assert index.score(index.term_ids(["titl"])).sum() == 0
    assert len(index) == 2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["red film", "blue seat", "city film", ""]))))
def test_any_order_of_changes_scores_as_an_index_built_at_once(changes: list[tuple[str, str]]) -> None:
    grown = ToolIndex([FILM, SEAT, RAIN])
    kept = {tool.name: tool for tool in (FILM, SEAT, RAIN)}
    for name, description in changes:
        if description:
            kept[name] = ToolText(name, description)
            grown.upsert(kept[name])
        else:
            kept.pop(name, None)
            grown.remove(name)
    query = ["film", "seat", "citi", "red"]
    assert scores(grown, query) == scores(ToolIndex(kept.values()), query)


def test_the_index_grows_over_its_first_room() -> None:
    index = ToolIndex(ToolText(f"tool{number}", f"word{number}") for number in range(300))
    assert len(index) == 300
    assert np.count_nonzero(index.taken) == 300
    assert scores(index, ["word", "299"])["tool299"] > 0
