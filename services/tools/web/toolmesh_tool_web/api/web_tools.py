"""The tool that reads a page."""

from datetime import timedelta
from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_tool_web.app.read_page import PageReader
from toolmesh_tool_web.domain.web_urls import MAX_URL_CHARS
from toolmesh_toolkit import Example, ToolContext, tool

# Above the longest that the settings allow, so that the tool says itself what took too long.
LIMIT = timedelta(seconds=35)


class WebPage(TypedDict):
    """A page; `url` is where the redirects ended, `truncated` says that the text goes on."""

    url: str
    status: int
    content_type: str
    title: NotRequired[str]
    text: str
    truncated: bool


@tool(
    read_only=True,
    idempotent=True,
    timeout=LIMIT,
    tags=("web",),
    version="1",
    examples=[
        Example("Read the page https://example.com/ and tell me what it says", {"url": "https://example.com/"}),
        Example("Get the JSON from https://api.example.com/v1/status", {"url": "https://api.example.com/v1/status"}),
        "What is on the website example.org?",
        "Fetch this URL and summarize the article",
        Example("打开网页 https://example.com/news 看看写了什么", {"url": "https://example.com/news"}),
        "获取这个网址的内容",
    ],
)
async def http_get(
    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_URL_CHARS,
            description='The full web address to read, such as "https://example.com/page".',
        ),
    ],
    context: ToolContext[PageReader],
) -> WebPage:
    """Get a web page or web API answer by its URL (HTTP GET) and return its text, title and status code."""
    page = await context.state.read(url)
    answer = WebPage(
        url=page.url,
        status=page.status,
        content_type=page.content_type,
        text=page.text,
        truncated=page.truncated,
    )
    if page.title:
        answer["title"] = page.title
    return answer
