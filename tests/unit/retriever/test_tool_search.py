"""The ranking of tools puts the right ones first, with honest probabilities."""

from importlib.resources import files

import numpy as np
import pytest

from toolmesh_retriever.domain.match_features import DENSE_FEATURES, LEXICAL_FEATURES, dense_features, lexical_features
from toolmesh_retriever.domain.meaning_index import Cosines
from toolmesh_retriever.domain.ranking_model import RankingModel
from toolmesh_retriever.domain.request_clauses import clauses_of
from toolmesh_retriever.domain.tool_index import ToolIndex
from toolmesh_retriever.domain.tool_search import RankedTool, candidates_of, matched, rank_tools, words_are_enough
from toolmesh_retriever.domain.tool_text import ToolText, schema_text

TOOLS = [
    ToolText("calculate", "Evaluate an arithmetic expression", "expression such as 2 * (3 + 4)"),
    ToolText("get_weather", "Current weather and forecast of a city", "city name of the city"),
    ToolText("add_note", "Write down a note for later", "text of the note"),
    ToolText("convert_currency", "Convert an amount of money from one currency to another", "amount source target"),
    ToolText("current_time", "The time of day in a time zone", "zone IANA time zone"),
    *(ToolText(f"filler_{number}", f"Does the unrelated thing {number}") for number in range(60)),
]

NO_COSINES = Cosines(np.zeros((1, len(TOOLS))), np.zeros((1, len(TOOLS))))


@pytest.fixture(scope="module")
def model() -> RankingModel:
    return RankingModel.from_text((files("toolmesh_retriever") / "domain/tool_ranking.json").read_text())


def rank(model: RankingModel, tools: list[ToolText], request: str, cosines: Cosines | None = None) -> list[RankedTool]:
    index = ToolIndex(tools)
    match, mask = matched(index, clauses_of(request))
    return rank_tools(index, model, match, mask, cosines, 5)


def test_the_right_tool_is_first_and_likely(model: RankingModel) -> None:
    best, *others = rank(model, TOOLS, "What is the weather forecast for the city of Oslo?")
    assert best.name == "get_weather"
    assert best.score > 0.6
    assert all(other.score < best.score for other in others)


def test_every_step_of_a_request_brings_its_tool(model: RankingModel) -> None:
    found = rank(model, TOOLS, "Get the weather in Oslo. Convert 20 euros to another currency, then write a note.")
    assert {tool.name for tool in found[:3]} == {"get_weather", "convert_currency", "add_note"}


def test_a_request_that_no_tool_fits_scores_low(model: RankingModel) -> None:
    found = rank(model, TOOLS, "Reboot the mail server in the basement")
    assert all(tool.score < 0.3 for tool in found)


def test_scores_are_probabilities_in_order(model: RankingModel) -> None:
    scores = [tool.score for tool in rank(model, TOOLS, "note about the weather and the time")]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_equal_tools_are_ordered_by_name_whatever_the_order_of_arrival(model: RankingModel) -> None:
    twins = [ToolText(name, "Plays a song") for name in ("bb", "aa", "cc")]
    for order in (twins, twins[::-1]):
        assert [tool.name for tool in rank(model, order, "plays a song")] == ["aa", "bb", "cc"]


def test_among_many_tools_one_without_any_shared_word_is_no_candidate(model: RankingModel) -> None:
    assert rank(model, TOOLS, "xylophone") == []


def test_meaning_finds_what_words_cannot(model: RankingModel) -> None:
    cosines = np.full((1, len(TOOLS)), 0.0)
    cosines[0, 1] = 0.45
    best = rank(model, TOOLS, "北京今天热不热", Cosines(cosines, np.zeros_like(cosines)))[0]
    assert best.name == "get_weather"
    assert best.dense_score == pytest.approx(0.45)


@pytest.mark.parametrize("request_text", ["今天天气", "weather. 今天", "can you"])
def test_words_are_not_enough_where_a_clause_has_none_that_is_known(request_text: str) -> None:
    index = ToolIndex(TOOLS)
    assert not words_are_enough(matched(index, clauses_of(request_text))[0], index, 0.15)


def test_words_are_enough_where_one_tool_has_most_of_them() -> None:
    index = ToolIndex(TOOLS)
    assert words_are_enough(matched(index, clauses_of("weather forecast"))[0], index, 0.15)


def test_tools_that_are_not_allowed_are_no_candidates() -> None:
    index = ToolIndex(TOOLS)
    allowed = np.zeros(len(TOOLS), dtype=bool)
    allowed[2:50] = True
    match, mask = matched(index, clauses_of("weather and note"), allowed)
    candidates = candidates_of(index, match, mask, NO_COSINES)
    assert 2 in candidates
    assert set(candidates) <= set(range(2, 50))


def test_features_are_finite_and_named() -> None:
    index = ToolIndex([ToolText("x"), ToolText("give"), ToolText("the")])
    match, mask = matched(index, clauses_of("x 1"))
    everything = np.arange(3)
    words = lexical_features(index, match, everything)
    meaning = dense_features(Cosines(np.zeros((1, 3)), np.zeros((1, 3))), mask, everything)
    assert words.shape == (1, 3, len(LEXICAL_FEATURES))
    assert meaning.shape == (1, 3, len(DENSE_FEATURES))
    assert np.isfinite(words).all()
    assert np.isfinite(meaning).all()


def test_the_words_of_a_schema_are_names_descriptions_and_allowed_values() -> None:
    schema = """{"type": "object", "description": "left out", "properties": {
        "unit": {"enum": ["mile", 3], "title": "Unit"},
        "stops": {"type": "array", "items": {"properties": {"street": {"description": "and number"}}}}}}"""
    assert schema_text(schema) == "unit Unit mile stops street and number"
    assert schema_text("{broken") == ""
    assert schema_text("") == ""


def test_the_shipped_weights_fit_the_features(model: RankingModel) -> None:
    assert len(model.lexical.mean) == len(LEXICAL_FEATURES)
    assert len(model.hybrid.mean) == len(LEXICAL_FEATURES) + len(DENSE_FEATURES)
