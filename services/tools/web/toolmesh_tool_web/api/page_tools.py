"""The tool that reads a web page."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_core.egress.targets import MAX_URL_CHARS
from toolmesh_tool_web.adapters.web_client import Page
from toolmesh_tool_web.bootstrap import Desk
from toolmesh_tool_web.domain import page_text
from toolmesh_tool_web.domain.hidden_text import without_hidden
from toolmesh_tool_web.domain.html_reader import read_html
from toolmesh_toolkit import Example, ToolContext, tool

MIN_ARTICLE_CHARS = 1000
"""Of a shorter page all is given: there is little to leave out."""
_SHORTEST_MAIN_TEXT = 200


class WebPage(TypedDict):
    """A page: its text, or for JSON its value. `truncated`: there is more, from `next_offset` on where it is known."""

    url: str
    content_type: str
    title: str
    text: str
    json: Any
    truncated: bool
    next_offset: int | None


@tool(
    idempotent=True,
    read_only=True,
    timeout=timedelta(seconds=60),
    tags=("web",),
    version="2",
    examples=[
        Example("Open https://example.com/ and tell me what it says", {"url": "https://example.com/"}),
        "Read the page https://docs.example.com/start",
        "Download the JSON from https://api.example.com/status",
        Example("打开网页 https://example.com/news 看看写了什么", {"url": "https://example.com/news"}),
    ],
)
async def http_get(
    url: Annotated[
        str,
        Field(
            min_length=1, max_length=MAX_URL_CHARS, description='The full web address, such as "https://example.com/".'
        ),
    ],
    context: ToolContext[Desk],
    links: Annotated[bool, Field(description="Show the addresses of links, as [text](address).")] = False,
    whole_page: Annotated[bool, Field(description="All text, with menus and footers; else the main text.")] = False,
    offset: Annotated[int, Field(ge=0, description="The character to go on from: next_offset of an answer.")] = 0,
) -> WebPage:
    """Read a web page or JSON from an http or https URL and return its text."""
    desk = context.state
    page = await desk.client.get(url)
    text = await asyncio.to_thread(page_text.decode, page.body, page.content_type)
    if page_text.is_json(page.media_type) and not page.truncated and not offset and len(text) <= desk.max_text_chars:
        try:
            return _web_page(page, "", "", page_text.parse_json(text))
        except (ValueError, RecursionError):
            text = text.strip()
    title = ""
    if page_text.is_html(page.media_type):
        title, text = await _text_of_html(text, page.url, desk, links=links, whole_page=whole_page)
    return _part(page, title[:300], text, offset, desk.max_text_chars)


async def _text_of_html(markup: str, url: str, desk: Desk, *, links: bool, whole_page: bool) -> tuple[str, str]:
    """The title, and the main text where there is one, else all text."""
    shown = await asyncio.to_thread(without_hidden, markup)
    read = await asyncio.to_thread(read_html, shown)
    if whole_page or (len(read.text) < MIN_ARTICLE_CHARS and not links):
        return read.title, read.text
    main = await desk.main_text.find(shown, url, links=links)
    return read.title, main if len(main) >= (1 if links else _SHORTEST_MAIN_TEXT) else read.text


def _part(page: Page, title: str, text: str, offset: int, max_chars: int) -> WebPage:
    end = offset + max_chars
    more = len(text) > end
    return _web_page(page, title, text[offset:end], truncated=more or page.truncated, next_offset=end if more else None)


def _web_page(
    page: Page,
    title: str,
    text: str,
    value: Any = None,
    *,
    truncated: bool = False,
    next_offset: int | None = None,
) -> WebPage:
    return WebPage(
        url=page.url,
        content_type=page.media_type,
        title=title,
        text=text,
        json=value,
        truncated=truncated,
        next_offset=next_offset,
    )
