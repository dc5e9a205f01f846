"""Tools over gRPC with real vectors and a router that comes and goes."""

import time
from pathlib import Path

import pytest

from toolmesh.retriever.v1 import retriever_service_pb2 as pb
from toolmesh.retriever.v1.retriever_service_pb2_grpc import RetrieverServiceStub
from toolmesh.tool.v1.tool_pb2 import Tool
from toolmesh_core.errors import InvalidInput
from toolmesh_retriever.api.metrics import EMBEDDING_BACKLOG
from toolmesh_testing import serving

from .conftest import running, until
from .neighbours import StandInInference, StandInRouter
from .platform_tools import CHINESE_REQUESTS, platform_tools

COUNT = len(platform_tools())


async def search(stub: RetrieverServiceStub, query: str, **more: object) -> pb.SearchToolsResponse:
    return await stub.SearchTools(pb.SearchToolsRequest(query=query, **more))


async def until_searched(stub: RetrieverServiceStub, count: int) -> None:
    async def all_there() -> bool:
        return (await search(stub, "anything")).searched == count

    await until(all_there)


async def until_whole(stub: RetrieverServiceStub, query: str = "weather") -> None:
    async def is_whole() -> bool:
        return not (await search(stub, query)).degraded

    await until(is_whole)


@pytest.mark.parametrize(("with_examples", "may_miss"), [(True, 0), (False, 1)])
async def test_chinese_requests_find_their_english_tools_among_the_first_three(
    tmp_path: Path,
    router: StandInRouter,
    router_address: str,
    inference_address: str,
    with_examples: bool,
    may_miss: int,
) -> None:
    router.tools = {tool.name: tool for tool in platform_tools(with_examples)}
    async with running(tmp_path, tool_router_address=router_address, inference_address=inference_address) as stub:
        await until_whole(stub)
        await until(nothing_waits)
        missed = {}
        for query, tool in CHINESE_REQUESTS.items():
            names = [result.tool.name for result in (await search(stub, query)).results]
            if tool not in names[:3]:
                missed[query] = names
        assert len(missed) <= may_miss, missed


async def nothing_waits() -> bool:
    """Examples may wait longer than descriptions, which is all that `degraded` tells of."""
    return EMBEDDING_BACKLOG._value.get() == 0


async def test_an_english_request_finds_its_tool_first(
    tmp_path: Path, router_address: str, inference_address: str
) -> None:
    async with running(tmp_path, tool_router_address=router_address, inference_address=inference_address) as stub:
        await until_whole(stub)
        response = await search(stub, "How warm will it be in Lisbon tomorrow, and how windy?")
        best = response.results[0]
        assert best.tool.name == "get_weather"
        assert best.tool.arguments_schema_json
        assert 0 < best.dense_score <= 1
        assert 0 <= best.lexical_score <= 1
        assert response.searched == COUNT
        assert len(response.results) == 5


async def test_changes_of_the_registry_are_followed(tmp_path: Path, router: StandInRouter, router_address: str) -> None:
    async with running(tmp_path, tool_router_address=router_address) as stub:
        await until_searched(stub, COUNT)
        router.put(Tool(name="play_song", description="Plays a song on the speakers."))
        await until_searched(stub, COUNT + 1)
        assert (await search(stub, "play a song")).results[0].tool.name == "play_song"
        router.remove("play_song")
        await until_searched(stub, COUNT)
        assert "play_song" not in [result.tool.name for result in (await search(stub, "play a song")).results]


async def test_tags_names_and_top_k_limit_the_results(
    tmp_path: Path, router: StandInRouter, router_address: str
) -> None:
    router.put(Tool(name="tagged", description="Weather of the sea.", tags=["sea", "weather"]))
    async with running(tmp_path, tool_router_address=router_address) as stub:
        await until_searched(stub, COUNT + 1)
        tagged = await search(stub, "weather", tags=["sea"])
        assert ([result.tool.name for result in tagged.results], tagged.searched) == (["tagged"], 1)
        named = await search(stub, "weather", names=["calculate", "get_weather"], top_k=1)
        assert ([result.tool.name for result in named.results], named.searched) == (["get_weather"], 2)


async def test_an_empty_query_is_an_invalid_argument(tmp_path: Path) -> None:
    async with running(tmp_path) as stub:
        with pytest.raises(InvalidInput) as caught:
            await search(stub, " ")
        assert caught.value.field == "query"


async def test_after_a_restart_the_last_known_tools_are_found_before_router_and_inference_are_back(
    tmp_path: Path, router: StandInRouter, inference: StandInInference, inference_address: str
) -> None:
    async with (
        serving(router.service()) as address,
        running(tmp_path, tool_router_address=address, inference_address=inference_address) as stub,
    ):
        await until_whole(stub)
    embedded = inference.texts
    async with running(tmp_path, tool_router_address=address, inference_address=inference_address) as stub:
        response = await search(stub, "weather in Oslo")
        assert response.results[0].tool.name == "get_weather"
        assert "last known" in response.degraded
        await until(lambda: wanted(stub, "weather in Oslo"))
    assert inference.texts - embedded == 1


async def wanted(stub: RetrieverServiceStub, query: str) -> bool:
    """Whether the tools have their vectors back, which come from disk."""
    return (await search(stub, query)).results[0].dense_score > 0


async def test_without_inference_words_are_searched_and_later_the_backlog_is_done(
    tmp_path: Path, inference: StandInInference, inference_address: str, router_address: str
) -> None:
    inference.down = True
    async with running(tmp_path, tool_router_address=router_address, inference_address=inference_address) as stub:
        await until_searched(stub, COUNT)
        response = await search(stub, "weather in Oslo")
        assert response.results[0].tool.name == "get_weather"
        assert "only words were searched" in response.degraded
        inference.down = False
        await until_whole(stub)


async def test_an_inference_that_hangs_holds_no_search_longer_than_its_bound(
    tmp_path: Path, inference: StandInInference, inference_address: str, router_address: str
) -> None:
    inference.hangs = True
    neighbours = {"tool_router_address": router_address, "inference_address": inference_address}
    async with running(tmp_path, **neighbours, embed_timeout_s=0.2) as stub:
        await until_searched(stub, COUNT)
        begin = time.monotonic()
        response = await search(stub, "weather in Oslo")
        assert time.monotonic() - begin < 1.5
        assert response.results[0].tool.name == "get_weather"
        assert "only words were searched" in response.degraded
