"""Main texts found by the real page process."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from toolmesh_core.workers.worker_pool import worker_pool
from toolmesh_tool_web.adapters.main_text import MainText, page_process

pytestmark = pytest.mark.asyncio(loop_scope="module")
STORY = "The council met on Monday to discuss the new bridge, and after long talks it agreed to build it. " * 3
PAGE = f"""<html><head><title>Bridge</title><style>p {{}}</style><script>var x = "trap";</script></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<article><h1>A new bridge</h1><p>{STORY}</p><p>{STORY} See <a href="/plan?x=1">the plan</a>.</p>
<ul><li>It costs 3 million.</li><li>It opens in May.</li></ul>
<table><tr><th>Year</th><th>Cost</th></tr><tr><td>2024</td><td>1</td></tr></table></article>
<footer>Imprint and cookies</footer></body></html>"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def main_text(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MainText]:
    async with worker_pool(page_process(), tmp_path_factory.mktemp("pages"), 1) as pool:
        yield MainText(pool)


async def test_the_story_is_kept_with_lists_and_tables_and_the_rest_is_left(main_text: MainText) -> None:
    text = await main_text.find(PAGE, "https://example.com/news/1", links=False)
    for kept in ("A new bridge", "agreed to build it", "It costs 3 million.", "2024"):
        assert kept in text
    for left in ("Sport", "Imprint", "trap", "/plan"):
        assert left not in text


async def test_links_are_whole_addresses_where_they_are_asked_for(main_text: MainText) -> None:
    text = await main_text.find(PAGE, "https://example.com/news/1", links=True)
    assert "[the plan](https://example.com/plan?x=1)" in text


async def test_a_page_that_is_none_or_nested_without_end_has_no_main_text(main_text: MainText) -> None:
    assert await main_text.find("", "https://example.com/", links=False) == ""
    assert await main_text.find("<div>" * 50_000, "https://example.com/", links=False) == ""
    assert "bridge" in await main_text.find(PAGE, "https://example.com/", links=False)
