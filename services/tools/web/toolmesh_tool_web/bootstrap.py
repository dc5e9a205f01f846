"""Picks the parts of the page reader: the system's DNS, pinned connections, the HTML process."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import certifi

from toolmesh_tool_web.adapters.html_process import HtmlProcess
from toolmesh_tool_web.adapters.http_fetcher import HttpFetcher
from toolmesh_tool_web.adapters.system_resolver import SystemResolver
from toolmesh_tool_web.app.ports import Resolver
from toolmesh_tool_web.app.read_page import Bounds, PageReader
from toolmesh_tool_web.domain.allowed_hosts import parse_host_rules
from toolmesh_tool_web.settings import WebSettings


@asynccontextmanager
async def open_reader(settings: WebSettings) -> AsyncIterator[PageReader]:
    """The page reader for the life of the process."""
    authorities = str(settings.ca_file or certifi.where())
    tls = await asyncio.to_thread(ssl.create_default_context, cafile=authorities)
    yield page_reader(settings, tls, SystemResolver())


def page_reader(settings: WebSettings, tls: ssl.SSLContext, resolver: Resolver) -> PageReader:
    """A page reader of the settings."""
    return PageReader(
        parse_host_rules(settings.allowed_hosts),
        parse_host_rules(settings.private_hosts),
        Bounds(
            timeout_s=settings.timeout_s,
            max_redirects=settings.max_redirects,
            max_text_chars=settings.max_text_chars,
            max_pages_at_once=settings.max_pages_at_once,
        ),
        resolver=resolver,
        fetcher=HttpFetcher(tls, max_body_bytes=settings.max_body_bytes, connect_timeout_s=settings.connect_timeout_s),
        html=HtmlProcess(
            cpu_s=settings.html_cpu_s, memory_mb=settings.html_memory_mb, max_chars=settings.max_text_chars
        ),
    )
