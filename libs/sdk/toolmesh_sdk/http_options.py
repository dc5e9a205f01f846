"""What both transports tell httpx."""

import ssl
from pathlib import Path
from typing import Any

from toolmesh_sdk.connection_settings import ConnectionSettings
from toolmesh_sdk.request import Request


def client_options(settings: ConnectionSettings, timeout_s: float) -> dict[str, Any]:
    """Options of an httpx client."""
    return {
        "base_url": settings.base_url,
        "headers": settings.headers(),
        "timeout": timeout_s,
        # A proxy named in the environment must not be asked for this machine itself.
        "trust_env": not settings.is_loopback,
        # Over plain HTTP, reading the authorities' certificates would cost each start tens of milliseconds.
        "verify": True if settings.base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    }


def request_options(request: Request[Any]) -> dict[str, Any]:
    """Options of one httpx request; a body in a file is left to the transport."""
    options: dict[str, Any] = {"params": request.parameters(), "headers": dict(request.headers)}
    if request.make_body is not None:
        options["json"] = request.make_body()
    if request.content is not None and not isinstance(request.content, Path):
        options["content"] = request.content
    if request.timeout_s is not None:
        options["timeout"] = request.timeout_s
    return options
