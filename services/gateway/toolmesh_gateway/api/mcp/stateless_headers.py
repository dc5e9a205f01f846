"""What a request of the stateless versions says in headers and in its body: both must say the same."""

import base64
import binascii
import re
from collections import Counter

from toolmesh_gateway.api.http.exchange import Exchange
from toolmesh_gateway.api.mcp.json_rpc import HEADER_MISMATCH, INVALID_PARAMS, UNSUPPORTED_VERSION, Message, RpcError
from toolmesh_gateway.domain.mcp_versions import STATELESS, SUPPORTED

VERSION_HEADER, METHOD_HEADER, NAME_HEADER = b"mcp-protocol-version", b"mcp-method", b"mcp-name"
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
# Which parameter Mcp-Name repeats.
_NAMED_BY = {"tools/call": "name", "resources/read": "uri"}
_BASE64 = re.compile(r"=\?base64\?(.*)\?=\Z", re.DOTALL)


def check_stateless(exchange: Exchange, message: Message) -> None:
    """Raises RpcError where the request does not say what it must, contradicts itself, or has a version unknown here.

    Proxies route by the headers while we act on the body, so a difference could pass one off for the other.
    """
    _check_envelope(message)
    _check_single(exchange)
    asked = message.meta[VERSION_KEY]
    _check_same(exchange, VERSION_HEADER, asked)
    _check_same(exchange, METHOD_HEADER, message.method)
    parameter = _NAMED_BY.get(message.method)
    named = message.params.get(parameter) if parameter else None
    if isinstance(named, str):
        _check_same(exchange, NAME_HEADER, named)
    if asked != STATELESS:
        raise unsupported_version(asked)


def unsupported_version(requested: str) -> RpcError:
    """The answer to a version that is not spoken here."""
    data = {"supported": list(SUPPORTED), "requested": requested}
    message = f"protocol version {requested[:40]!r} is not spoken here; use {', '.join(SUPPORTED)}"
    return RpcError(UNSUPPORTED_VERSION, message, data, status=400)


def _check_envelope(message: Message) -> None:
    if not isinstance(message.meta.get(VERSION_KEY), str):
        raise RpcError(INVALID_PARAMS, f"params._meta must hold {VERSION_KEY!r}, a text", status=400)
    if not isinstance(message.meta.get(_CAPABILITIES_KEY), dict):
        raise RpcError(INVALID_PARAMS, f"params._meta must hold {_CAPABILITIES_KEY!r}, an object", status=400)


def _check_single(exchange: Exchange) -> None:
    counts = Counter(name for name, _ in exchange.scope["headers"])
    for name in (VERSION_HEADER, METHOD_HEADER, NAME_HEADER):
        if counts[name] > 1:
            raise RpcError(HEADER_MISMATCH, f"the header {name.decode()} stands there twice", status=400)


def _check_same(exchange: Exchange, header: bytes, said: str) -> None:
    if name_of_header(exchange.header(header)) != said:
        raise RpcError(HEADER_MISMATCH, f"the header {header.decode()} does not say what the body says", status=400)


def name_of_header(text: str) -> str | None:
    """The value of a header that may be in Base64, as =?base64?...?=; None where it is broken."""
    packed = _BASE64.match(text)
    if packed is None:
        return text
    try:
        return base64.b64decode(packed[1], validate=True).decode()
    except (binascii.Error, ValueError):
        return None
