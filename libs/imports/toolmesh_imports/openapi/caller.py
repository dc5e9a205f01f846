"""Calls tools that were made of OpenAPI documents, within the bounds of `toolmesh_core.egress`."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from toolmesh_core.egress.guarded_transport import GuardedTransport
from toolmesh_core.egress.host_list import HostList
from toolmesh_core.errors import ToolError
from toolmesh_imports.openapi.answer import read_answer
from toolmesh_imports.openapi.operation import OpenApiTool
from toolmesh_imports.openapi.redirects import is_redirect, redirected_request
from toolmesh_imports.openapi.request import PreparedRequest, prepare
from toolmesh_imports.openapi.secrets import Redaction, add_credentials
from toolmesh_imports.secret_source import NoSecrets, SecretSource

_ACCEPT = "application/json, text/plain;q=0.9, text/*;q=0.8, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The bounds of one call.

    Attributes:
        timeout_s: for all of it, redirects included.
        max_response_bytes: of the answer, as sent and as unpacked.
    """

    timeout_s: float = 30.0
    max_response_bytes: int = 1_000_000
    max_redirects: int = 5


class OpenApiCaller:
    """Calls tools; connections are kept and shared, cookies are not.

    Args:
        hosts: which hosts may be reached.
        tls: whom to trust.
        secrets: asked at each call.
    """

    def __init__(
        self,
        hosts: HostList,
        tls: ssl.SSLContext,
        *,
        secrets: SecretSource | None = None,
        limits: CallLimits | None = None,
    ) -> None:
        self._transport = GuardedTransport(hosts, tls)
        self._secrets = secrets or NoSecrets()
        self._limits = limits or CallLimits()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._transport.aclose()

    async def call(self, tool: OpenApiTool, arguments: Mapping[str, Any]) -> Any:
        """The output of one call, a JSON value.

        Raises:
            ToolError: the arguments are wrong, the host is refused, silent or too slow, the API said no.
        """
        request = _prepared(tool, arguments)
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                redaction = await add_credentials(tool.operation, request, self._secrets)
                return await self._send(request, redaction)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ToolError(
                f"tool {tool.name!r} got no whole answer in {self._limits.timeout_s:g} s",
                reason="TIMEOUT",
                retryable=True,
            ) from error

    async def _send(self, request: PreparedRequest, redaction: Redaction) -> Any:
        sent = _http_request(request, self._limits.timeout_s)
        for _ in range(self._limits.max_redirects + 1):
            answered = await self._send_once(sent, redaction)
            if not isinstance(answered, httpx.Request):
                return answered
            sent = answered
        raise ToolError(
            f"{sent.url.host} redirects more than {self._limits.max_redirects} times", reason="TOO_MANY_REDIRECTS"
        )

    async def _send_once(self, request: httpx.Request, redaction: Redaction) -> Any:
        """The output, or the request to follow."""
        host = request.url.host
        try:
            response = await self._transport.handle_async_request(request)
            try:
                if is_redirect(response):
                    return redirected_request(request, response)
                return await read_answer(response, host, self._limits.max_response_bytes, redaction)
            finally:
                await response.aclose()
        except httpx.TimeoutException:
            raise
        except httpx.TransportError as error:
            said = redaction.clean(str(error)) or type(error).__name__
            # Not "from error": a protocol error may quote what was sent.
            raise ToolError(f"{host} cannot be reached: {said}", reason="NO_ANSWER", retryable=True) from None


def _prepared(tool: OpenApiTool, arguments: Mapping[str, Any]) -> PreparedRequest:
    try:
        if wrong := tool.arguments.check(arguments):
            raise ToolError(f"tool {tool.name!r}: {'; '.join(wrong)}", reason="BAD_ARGUMENTS")
        return prepare(tool.operation, arguments)
    except UnicodeEncodeError as error:
        raise ToolError(
            f"tool {tool.name!r}: the arguments hold half of a sign (a lone surrogate)", reason="BAD_ARGUMENTS"
        ) from error


def _http_request(request: PreparedRequest, timeout_s: float) -> httpx.Request:
    headers = httpx.Headers({"User-Agent": "ToolMesh/0.1 (openapi)", "Accept": _ACCEPT, "Accept-Encoding": "gzip"})
    for name, value in request.headers.items():
        headers[name] = value
    if request.cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in request.cookies)
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        content=request.body,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)},
    )
