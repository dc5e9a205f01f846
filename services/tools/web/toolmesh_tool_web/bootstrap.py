"""Opens what the web tools share: the client with its bounds."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import certifi

from toolmesh_core.egress.host_list import HostList, parse_rules
from toolmesh_core.workers.worker_pool import worker_pool
from toolmesh_tool_web.adapters.main_text import MainText, page_process
from toolmesh_tool_web.adapters.web_client import WebClient, WebLimits
from toolmesh_tool_web.settings import WebSettings


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools find in their context."""

    client: WebClient
    main_text: MainText
    max_text_chars: int


@asynccontextmanager
async def open_desk(settings: WebSettings) -> AsyncIterator[Desk]:
    """The desk for the life of the process."""
    limits = WebLimits(
        hosts=HostList(
            parse_rules(settings.allowed_hosts),
            parse_rules(settings.private_hosts),
            allowed_setting="TOOLMESH_TOOL_WEB_ALLOWED_HOSTS",
            private_setting="TOOLMESH_TOOL_WEB_PRIVATE_HOSTS",
        ),
        timeout_s=settings.request_timeout_s,
        max_bytes=settings.max_page_bytes,
        max_redirects=settings.max_redirects,
    )
    authorities = str(settings.ca_file or certifi.where())
    # Reading the authorities takes some 20 ms: once, and in a thread.
    tls = await asyncio.to_thread(ssl.create_default_context, cafile=authorities)
    async with worker_pool(page_process(), settings.data_dir / "scratch", 1) as pool:
        yield Desk(WebClient(limits, tls), MainText(pool), settings.max_text_chars)
