"""The offline generator: what its dialogues promise."""

from itertools import islice

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue, DialogueMessage
from toolmesh_dialogues.dialogue_file import record_of
from toolmesh_dialogues.filters.well_formed import why_malformed
from toolmesh_dialogues.gallery.gallery import Gallery
from toolmesh_dialogues.generators.offline.offline_generator import OfflineGenerator
from toolmesh_dialogues.generators.offline.tool_variants import UNSPOKEN


@pytest.fixture(scope="module")
def made(gallery: Gallery) -> list[Dialogue]:
    return list(islice(OfflineGenerator().dialogues(gallery, 5), 1500))


def test_the_same_seed_gives_the_same_dialogues(gallery: Gallery, made: list[Dialogue]) -> None:
    again = list(islice(OfflineGenerator().dialogues(gallery, 5), 50))
    assert [record_of(one) for one in again] == [record_of(one) for one in made[:50]]
    other = list(islice(OfflineGenerator().dialogues(gallery, 6), 50))
    assert [one.messages for one in other] != [one.messages for one in again]


def test_every_call_is_valid_under_the_schema_that_is_shown(made: list[Dialogue]) -> None:
    assert {why_malformed(one) for one in made} == {None}


def test_all_kinds_languages_and_plots_occur(made: list[Dialogue]) -> None:
    assert {one.kind for one in made} == {"model_api", "common_api", "api_oriented", "api_agnostic"}
    assert {one.language for one in made} == {"en", "zh"}
    steps = [[message for message in one.messages if message.tool_calls] for one in made]
    assert any(len(message.tool_calls) == 2 for calls in steps for message in calls)
    assert any(len(calls) == 2 for calls in steps)
    assert any(_asks_back(one.messages) for one in made)


def test_no_template_syntax_is_left_in_a_request(made: list[Dialogue]) -> None:
    for one in made:
        for message in one.messages:
            if message.role == "user":
                assert not set(message.content) & set("{}|@") - set("@"), message.content
                assert "@calc" not in message.content


def test_optional_arguments_nobody_speaks_of_stay_empty(made: list[Dialogue]) -> None:
    own = {"language", "precision", "max_results", "format"}  # some tools have these themselves
    unspoken = {item.name for item in UNSPOKEN} - own
    assert all(not unspoken & call.arguments.keys() for one in made for call in one.calls())


def test_a_second_call_uses_the_first_ones_result(made: list[Dialogue]) -> None:
    chained = [one for one in made if sum(bool(message.tool_calls) for message in one.messages) == 2]
    chained = [one for one in chained if sum(message.role == "user" for message in one.messages) == 1]
    assert chained
    for one in chained:
        result = next(message.content for message in one.messages if message.role == "tool")
        second = list(one.calls())[-1]
        assert any(str(value) in result for value in second.arguments.values()), one


def test_a_tool_that_is_asked_for_in_vain_is_not_shown(made: list[Dialogue]) -> None:
    refused = [one for one in made if one.kind == "api_agnostic"]
    assert refused
    assert all(not list(one.calls()) for one in refused)


def test_an_empty_gallery_is_refused() -> None:
    with pytest.raises(InvalidInput, match="--gallery"):
        next(OfflineGenerator().dialogues(Gallery([]), 1))


def _asks_back(messages: tuple[DialogueMessage, ...]) -> bool:
    return (
        len(messages) > 2
        and messages[1].role == "assistant"
        and bool(messages[1].content)
        and not messages[1].tool_calls
    )
