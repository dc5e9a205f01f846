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
from toolmesh_tool_web.domain.html_reader import read_html
from toolmesh_toolkit import Example, ToolContext, tool


class WebPage(TypedDict):
    """A page: its text, or for JSON its value; `truncated` says that there was more."""

    url: str
    content_type: str
    title: str
    text: str
    json: Any
    truncated: bool


@tool(
    idempotent=True,
    read_only=True,
    timeout=timedelta(seconds=60),
    tags=("web",),
    version="1",
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
) -> WebPage:
    """Read a web page or JSON from an http or https URL and return its text."""
    page = await context.state.client.get(url)
    return await asyncio.to_thread(_read, page, context.state.max_text_chars)


def _read(page: Page, max_chars: int) -> WebPage:
    text, title = page_text.decode(page.body, page.content_type), ""
    if page_text.is_json(page.media_type) and not page.truncated and len(text) <= max_chars:
        try:
            return _web_page(page, "", "", page_text.parse_json(text), truncated=False)
        except (ValueError, RecursionError):
            text = text.strip()
    elif page_text.is_html(page.media_type):
        read = read_html(text)
        title, text = read.title, read.text
    return _web_page(page, title[:300], text[:max_chars], None, truncated=page.truncated or len(text) > max_chars)


def _web_page(page: Page, title: str, text: str, value: Any, *, truncated: bool) -> WebPage:
    return WebPage(url=page.url, content_type=page.media_type, title=title, text=text, json=value, truncated=truncated)
