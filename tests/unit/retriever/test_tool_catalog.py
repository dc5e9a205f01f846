"""The catalog searches, filters and changes as a whole."""

import asyncio

import numpy as np

from toolmesh_retriever.app.tool_catalog import MeaningRule, ToolCatalog, ToolFilter
from toolmesh_retriever.domain.centring import TypicalMeans
from toolmesh_retriever.domain.request_clauses import clauses_of

from .fakes import record

ALWAYS = MeaningRule(up_to_tools=10, least_coverage=0.2)
NO_FILTER = ToolFilter()
SONG = record("play_song", "Plays a song", tags=("music", "fun"))
FILM = record("play_film", "Plays a film", tags=("fun",))
RAIN = record("rain", "Rain of tomorrow")


async def found(catalog: ToolCatalog, query: str, allowed: ToolFilter = NO_FILTER) -> list[str]:
    result = await catalog.search(clauses_of(query), 5, allowed)
    return [tool.ranked.name for tool in result.found]


async def test_a_search_gives_the_messages_as_they_came(catalog: ToolCatalog) -> None:
    await catalog.apply([SONG, FILM, RAIN], [])
    result = await catalog.search(clauses_of("play a song"), 1, NO_FILTER)
    assert result.found[0].message == SONG.message
    assert result.searched == 3


async def test_tags_and_names_limit_what_is_found(catalog: ToolCatalog) -> None:
    await catalog.apply([SONG, FILM, RAIN], [])
    assert set(await found(catalog, "play", ToolFilter(tags=frozenset({"fun"})))) == {"play_song", "play_film"}
    assert await found(catalog, "play", ToolFilter(tags=frozenset({"fun", "music"}))) == ["play_song"]
    assert await found(catalog, "play", ToolFilter(names=frozenset({"rain", "unknown"}))) == ["rain"]
    assert await found(catalog, "play", ToolFilter(frozenset({"fun"}), frozenset({"rain"}))) == []


async def test_an_empty_catalog_finds_nothing(catalog: ToolCatalog) -> None:
    assert await found(catalog, "play") == []


async def test_the_difference_to_a_snapshot_is_what_changed(catalog: ToolCatalog) -> None:
    await catalog.apply([SONG, FILM], [])
    new_film = record("play_film", "Plays a film in colour")
    assert await catalog.difference([SONG, new_film, RAIN]) == ([new_film, RAIN], [])
    assert await catalog.difference([SONG]) == ([], ["play_film"])


async def test_few_tools_want_the_meaning_before_they_are_ranked(catalog: ToolCatalog) -> None:
    await catalog.apply([SONG, FILM], [])
    result = await catalog.search(clauses_of("play a song"), 5, NO_FILTER, rule=ALWAYS)
    assert result.wants_meaning
    assert result.found == ()


async def test_many_tools_want_the_meaning_only_where_words_say_too_little(catalog: ToolCatalog) -> None:
    await catalog.apply([SONG, *(record(f"other_{number}", "something else") for number in range(20))], [])
    assert not (await catalog.search(clauses_of("play a song"), 5, NO_FILTER, rule=ALWAYS)).wants_meaning
    assert (await catalog.search(clauses_of("放一首歌"), 5, NO_FILTER, rule=ALWAYS)).wants_meaning


async def test_vectors_bring_what_words_cannot(catalog: ToolCatalog) -> None:
    await catalog.apply([SONG, FILM, RAIN], [])
    lines = await catalog.without_vector()
    axes = np.eye(3, dtype=np.float32)
    nothing = {"en": np.zeros(3, np.float32), "zh": np.zeros(3, np.float32)}
    await catalog.set_means(TypicalMeans(nothing, nothing))
    await catalog.set_vectors({line.key: axes[number] for number, line in enumerate(lines)})
    assert await catalog.without_vector() == []
    wanted = [line.text for line in lines].index("rain: Rain of tomorrow")
    result = await catalog.search(clauses_of("下雨"), 1, NO_FILTER, vectors=axes[[wanted]])
    assert result.found[0].ranked.name == "rain"
    assert result.found[0].ranked.dense_score > 0.9


async def test_a_changed_description_loses_its_vector_a_changed_schema_does_not(catalog: ToolCatalog) -> None:
    await catalog.apply([SONG, FILM], [])
    await catalog.set_vectors({line.key: np.ones(2, np.float32) for line in await catalog.without_vector()})
    await catalog.apply([record("play_song", "Plays a song", parameters="volume")], [])
    assert await catalog.without_vector() == []
    await catalog.apply([record("play_song", "Sings", examples=("sing it",))], [])
    assert [line.text for line in await catalog.without_vector()] == ["play song: Sings", "sing it"]


async def test_searches_between_changes_see_whole_tools(catalog: ToolCatalog) -> None:
    many = [record(f"tool_{number}", f"plays song {number}") for number in range(300)]
    adding = asyncio.create_task(catalog.apply(many, []))
    while not adding.done():
        result = await catalog.search(clauses_of("plays song 7"), 5, NO_FILTER)
        assert len(result.found) == min(5, result.searched)
    await catalog.apply([], [f"tool_{number}" for number in range(300)])
    assert catalog.size == 0
