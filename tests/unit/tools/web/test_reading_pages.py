"""Reading pages from a server on loopback: checks at each step, bounds, and what becomes of the body."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Callable

import pytest

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.adapters.web_client import WebClient
from toolmesh_tool_web.api.page_tools import http_get
from toolmesh_tool_web.bootstrap import Desk
from toolmesh_tool_web.domain.page_text import decode
from toolmesh_toolkit import ToolContext

from .conftest import Names, Site

MakeClient = Callable[..., WebClient]


def url(site: Site, path: str, host: str = "site.test") -> str:
    return f"http://{host}:{site.port}{path}"


class ShoutedText:
    """Finds that the main text of a page is an article of its title."""

    async def find(self, markup: str, url: str, *, links: bool) -> str:
        return f"{url} " + "MAIN " * 60 + str(links)


def context_of(client: WebClient, max_text_chars: int = 8000) -> ToolContext[Desk]:
    return ToolContext(user="u", state=Desk(client, ShoutedText(), max_text_chars))  # type: ignore[arg-type]


async def reason_of(client: WebClient, address: str) -> str:
    with pytest.raises(ToolError) as caught:
        await client.get(address)
    return caught.value.reason


async def test_a_page_is_read_and_asked_for_by_its_name(site: Site, client_for: MakeClient) -> None:
    site.page("/a?b=1", "héllo".encode(), "text/plain; charset=utf-8")
    page = await http_get(url(site, "/a?b=1"), context_of(client_for()))
    assert (page["text"], page["content_type"], page["truncated"]) == ("héllo", "text/plain", False)
    assert f"Host: site.test:{site.port}" in site.asked[0]


async def test_html_becomes_text(site: Site, client_for: MakeClient) -> None:
    markup = (
        "<html><head><title>My  page</title><style>p{}</style></head><body><script>steal()</script>"
        "<h1>Top</h1><p>One <b>bold</b> word.</p><ul><li>first<li>second</ul></body></html>"
    )
    site.page("/", markup.encode(), "text/html")
    page = await http_get(url(site, "/"), context_of(client_for()))
    assert (page["title"], page["text"]) == ("My page", "Top\nOne bold word.\nfirst\nsecond")


async def test_chinese_pages_in_old_encodings_are_read(site: Site, client_for: MakeClient) -> None:
    site.page("/", '<meta charset="gbk"><p>你好，世界</p>'.encode("gbk"), "text/html")
    assert (await http_get(url(site, "/"), context_of(client_for())))["text"] == "你好，世界"


async def test_json_comes_as_a_value_or_as_text_where_it_is_long_or_broken(site: Site, client_for: MakeClient) -> None:
    site.page("/good", b'{"a": [1, 2]}', "application/json")
    site.page("/long", b"[" + b"1," * 500 + b"1]", "application/json")
    site.page("/broken", b'{"a": ', "application/vnd.api+json")
    site.page("/deep", b"[" * 100_000, "application/json")
    context = context_of(client_for(), max_text_chars=200_000)
    assert (await http_get(url(site, "/good"), context))["json"] == {"a": [1, 2]}
    long = await http_get(url(site, "/long"), context_of(client_for(), max_text_chars=100))
    assert (long["json"], len(long["text"]), long["truncated"]) == (None, 100, True)
    assert (await http_get(url(site, "/broken"), context))["text"] == '{"a":'
    assert (await http_get(url(site, "/deep"), context))["json"] is None


async def test_a_host_that_is_not_listed_is_never_looked_up(site: Site, client_for: MakeClient) -> None:
    names = Names({})
    assert await reason_of(client_for(names=names), "http://unlisted.test/") == "HOST_NOT_ALLOWED"
    assert names.asked == []


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["169.254.169.254"], ["::ffff:127.0.0.1"], ["64:ff9b::a00:1"]]
)
async def test_a_listed_name_that_leads_into_a_private_network_is_refused(
    site: Site, client_for: MakeClient, addresses: list[str]
) -> None:
    client = client_for(names=Names({"inside.test": [addresses]}), allowed=f"inside.test:{site.port}")
    assert await reason_of(client, url(site, "/", "inside.test")) == "ADDRESS_NOT_ALLOWED"
    assert site.asked == []


async def test_a_private_host_never_reaches_the_metadata_address(site: Site, client_for: MakeClient) -> None:
    client = client_for(names=Names({"site.test": [["169.254.169.254"]]}))
    assert await reason_of(client, url(site, "/")) == "ADDRESS_NOT_ALLOWED"


async def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_mind(site: Site, client_for: MakeClient) -> None:
    names = Names({"site.test": [["127.0.0.1"], ["169.254.169.254"]]})
    site.page("/", b"ok")
    assert (await client_for(names=names).get(url(site, "/"))).body == b"ok"
    assert names.asked == ["site.test"]


async def test_a_redirect_is_followed_with_all_checks_again(site: Site, client_for: MakeClient) -> None:
    site.redirect("/start", url(site, "/end", "other.test"))
    site.page("/end", b"here")
    names = Names({"site.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]})
    page = await client_for(names=names).get(url(site, "/start"))
    assert (page.body, page.url) == (b"here", url(site, "/end", "other.test"))
    assert names.asked == ["site.test", "other.test"]


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "HOST_NOT_ALLOWED"),
        ("http://127.0.0.1/", "HOST_NOT_ALLOWED"),
        ("http://[::1]/", "HOST_NOT_ALLOWED"),
        ("http://[::ffff:169.254.169.254]/", "HOST_NOT_ALLOWED"),
        ("http://2852039166/", "BAD_URL"),
        ("http://0xa9fea9fe/", "BAD_URL"),
        ("http://unlisted.test/", "HOST_NOT_ALLOWED"),
        ("http://site.test:22/", "HOST_NOT_ALLOWED"),
        ("file:///etc/passwd", "BAD_URL"),
        ("http://user:pw@site.test/", "BAD_URL"),
        ("http://listed.test/", "ADDRESS_NOT_ALLOWED"),
    ],
)
async def test_a_redirect_to_where_nobody_may_go_is_refused(
    site: Site, client_for: MakeClient, location: str, reason: str
) -> None:
    site.redirect("/", location)
    names = Names({"site.test": [["127.0.0.1"]], "listed.test": [["169.254.169.254"]]})
    assert await reason_of(client_for(names=names, allowed="listed.test"), url(site, "/")) == reason


async def test_redirects_without_end_are_refused(site: Site, client_for: MakeClient) -> None:
    site.redirect("/", "/")
    assert await reason_of(client_for(), url(site, "/")) == "TOO_MANY_REDIRECTS"
    assert len(site.asked) == 6


async def test_a_page_that_is_too_long_is_cut(site: Site, client_for: MakeClient) -> None:
    site.page("/", b"x" * 5000)
    page = await client_for(max_bytes=1000).get(url(site, "/"))
    assert (len(page.body), page.truncated) == (1000, True)


async def test_a_page_without_end_is_cut(site: Site, client_for: MakeClient) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(b"y" * 65536)
            await writer.drain()

    site.replies["/"] = endless
    assert (await client_for(max_bytes=100_000).get(url(site, "/"))).truncated


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_packed_bomb_is_unpacked_no_further_than_the_limit(
    site: Site, client_for: MakeClient, encoding: str
) -> None:
    zeros = b"0" * 200_000_000
    packed = gzip.compress(zeros, 1) if encoding == "gzip" else zlib.compress(zeros, 1)
    site.page("/", packed, "text/plain", f"Content-Encoding: {encoding}")
    page = await client_for(max_bytes=1000).get(url(site, "/"))
    assert (len(page.body), page.truncated) == (1000, True)


async def test_packed_pages_of_several_members_are_read_and_cut_ones_are_told(
    site: Site, client_for: MakeClient
) -> None:
    site.page("/two", gzip.compress(b"one ") + gzip.compress(b"two"), "text/plain", "Content-Encoding: gzip")
    site.page("/cut", gzip.compress(b"one two three" * 50)[:-12], "text/plain", "Content-Encoding: gzip")
    site.page("/void", gzip.compress(b"") * 5000, "text/plain", "Content-Encoding: gzip")
    two = await client_for().get(url(site, "/two"))
    assert (two.body, two.truncated) == (b"one two", False)
    assert (await client_for().get(url(site, "/cut"))).truncated
    assert (await client_for(max_bytes=1000).get(url(site, "/void"))).truncated


@pytest.mark.parametrize("charset", ["punycode", "idna", "rot13", "zlib", "no-such", "utf-7", "\x00"])
async def test_a_charset_that_is_none_of_a_pages_counts_as_utf_8(charset: str) -> None:
    assert decode("é".encode(), f"text/plain; charset={charset}") == "é"


async def test_a_page_that_trickles_is_given_up_in_time(site: Site, client_for: MakeClient) -> None:
    async def trickling(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    site.replies["/"] = trickling
    started = time.monotonic()
    assert await reason_of(client_for(timeout_s=0.3), url(site, "/")) == "TIMEOUT"
    assert time.monotonic() - started < 3


async def test_headers_without_end_are_refused(site: Site, client_for: MakeClient) -> None:
    site.replies["/"] = b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"a" * 300_000 + b"\r\n\r\n"
    assert await reason_of(client_for(), url(site, "/")) == "NO_ANSWER"


@pytest.mark.parametrize(
    ("content_type", "more"),
    [
        ("image/png", ()),
        ("application/octet-stream", ()),
        ("application/pdf", ()),
        ("text/plain", ("Content-Encoding: br",)),
        ("text/plain", ("Content-Encoding: gzip",)),
    ],
)
async def test_what_is_not_text_is_refused(
    site: Site, client_for: MakeClient, content_type: str, more: tuple[str, ...]
) -> None:
    site.page("/", b"\x89PNG", content_type, *more)
    assert await reason_of(client_for(), url(site, "/")) == "NOT_TEXT"


@pytest.mark.parametrize(("status", "retryable"), [("404 Not Found", False), ("503 Service Unavailable", True)])
async def test_a_status_that_is_no_success_is_told(
    site: Site, client_for: MakeClient, status: str, retryable: bool
) -> None:
    site.page("/", b"sorry", status=status)
    with pytest.raises(ToolError, match=status[:3]) as caught:
        await client_for().get(url(site, "/"))
    assert (caught.value.reason, caught.value.retryable) == ("HTTP_STATUS", retryable)


async def test_an_unknown_name_a_closed_port_and_nonsense_are_told(site: Site, client_for: MakeClient) -> None:
    assert await reason_of(client_for(allowed="nowhere.test"), "http://nowhere.test/") == "UNKNOWN_HOST"
    closed = client_for(names=Names({"shut.test": [["127.0.0.1"]]}), allowed="shut.test:1", private="shut.test:1")
    assert await reason_of(closed, "http://shut.test:1/") == "NO_ANSWER"
    site.replies["/"] = b"SSH-2.0-OpenSSH_9.6\r\n\r\n"
    assert await reason_of(client_for(), url(site, "/")) == "NO_ANSWER"


async def test_tls_asks_for_the_name_although_the_address_is_pinned(client_for: MakeClient) -> None:
    greetings = []

    async def greeted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greetings.append(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(greeted, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    host = f"site.test:{port}"
    async with server:
        assert await reason_of(client_for(allowed=host, private=host), f"https://{host}/") == "NO_ANSWER"
    assert b"site.test" in greetings[0]


async def test_proxies_of_the_environment_are_not_used(
    site: Site, client_for: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    site.page("/", b"direct")
    assert (await client_for().get(url(site, "/"))).body == b"direct"


LONG = "<title>T</title><nav>menu</nav><p>" + "word " * 400


async def test_of_a_long_page_the_main_text_is_given_and_of_a_short_one_all(site: Site, client_for: MakeClient) -> None:
    site.page("/long", LONG.encode(), "text/html")
    site.page("/short", b"<nav>menu</nav><p>text", "text/html")
    context = context_of(client_for())
    url = f"http://site.test:{site.port}"
    assert "MAIN" in (await http_get(f"{url}/long", context))["text"]
    assert (await http_get(f"{url}/long", context, whole_page=True))["text"].startswith("menu\nword word")
    assert (await http_get(f"{url}/short", context))["text"] == "menu\ntext"
    assert (await http_get(f"{url}/short", context, links=True))["text"].endswith("True")


async def test_a_text_that_is_too_long_is_gone_on_with(site: Site, client_for: MakeClient) -> None:
    site.page("/a", b"0123456789" * 3, "text/plain")
    context = context_of(client_for(), max_text_chars=20)
    url = f"http://site.test:{site.port}/a"
    first = await http_get(url, context)
    assert (len(first["text"]), first["truncated"], first["next_offset"]) == (20, True, 20)
    rest = await http_get(url, context, offset=20)
    assert (rest["text"], rest["truncated"], rest["next_offset"]) == ("0123456789", False, None)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (
            "你好，世界。这是一个没有声明编码的网页。".encode("gb18030"),
            "text/plain",
            "你好，世界。这是一个没有声明编码的网页。",
        ),
        ("朱镕基".encode("gb18030"), "text/plain; charset=gb2312", "朱镕基"),
        ("“quoted”".encode("cp1252"), "text/plain; charset=iso-8859-1", "“quoted”"),
        (b"\xef\xbb\xbfmarked", "text/plain; charset=latin-1", "marked"),
        ("é".encode(), "text/plain", "é"),
    ],
)
async def test_the_encoding_is_what_the_page_means_or_looks_like(
    site: Site, client_for: MakeClient, body: bytes, content_type: str, text: str
) -> None:
    site.page("/a", body, content_type)
    found = await http_get(f"http://site.test:{site.port}/a", context_of(client_for()))
    assert found["text"] == text
