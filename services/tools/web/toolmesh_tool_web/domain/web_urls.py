"""Takes a URL apart once; what is checked is what is connected to, since nothing parses it again."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.domain.host_names import normal_host

MAX_URL_CHARS = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
# Browsers and parsers disagree on these, which is how one host is checked and another one asked.
_DISPUTED = re.compile(r"[\x00-\x1f\x7f\\]")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@%/?#\s]+)(?::(\d{0,5}))?")
_PATH_SIGNS = "/%:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True)
class WebUrl:
    """The parts of a URL that a request needs.

    Attributes:
        host: as `normal_host` spells it, IPv6 without brackets.
        target: path and query, in ASCII.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host, and port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_url(text: str) -> WebUrl:
    """The parts of an absolute URL; one without a scheme is taken for https.

    Raises:
        ToolError: INVALID_URL, UNSUPPORTED_SCHEME or CREDENTIALS_IN_URL.
    """
    text = text.strip()
    if len(text) > MAX_URL_CHARS:
        raise _invalid(f"it has {len(text)} characters, at most {MAX_URL_CHARS} are read")
    if _DISPUTED.search(text):
        raise _invalid("it has a backslash or a control character")
    scheme = _SCHEME.match(text)
    if scheme is None:
        text = "https://" + text.removeprefix("//")
    elif scheme[1].lower() not in DEFAULT_PORTS:
        raise ToolError(
            f"argument 'url' begins with {scheme[1]!r}: give a URL that begins with http:// or https://",
            reason="UNSUPPORTED_SCHEME",
        )
    return _parts(text)


def redirected(url: WebUrl, location: str) -> WebUrl:
    """Where a redirect leads.

    Raises:
        ToolError: as `parse_url`.
    """
    if _DISPUTED.search(location):
        raise _invalid("it has a backslash or a control character")
    try:
        joined = urljoin(str(url), location.strip())
    except ValueError as error:
        raise _invalid(str(error)) from error
    if not _SCHEME.match(joined):
        raise ToolError(
            f"the page redirects to {joined[:80]!r}, which is not a web address", reason="UNSUPPORTED_SCHEME"
        )
    return parse_url(joined)


def _parts(text: str) -> WebUrl:
    try:
        split = urlsplit(text)
    except ValueError as error:
        raise _invalid(str(error)) from error
    if "@" in split.netloc:
        raise ToolError(
            "argument 'url' has a user name or password before '@': give the URL without it",
            reason="CREDENTIALS_IN_URL",
        )
    found = _AUTHORITY.fullmatch(split.netloc)
    if found is None:
        raise _invalid(f"{split.netloc[:80]!r} is not a host, or host:port")
    try:
        host = normal_host(found[1])
    except ValueError as error:
        raise _invalid(str(error)) from error
    port = int(found[2]) if found[2] else DEFAULT_PORTS[split.scheme]
    if not 0 < port < 65536:
        raise _invalid(f"port {port} is not from 1 to 65535")
    query = "?" + quote(split.query, safe=_PATH_SIGNS + "?") if split.query else ""
    return WebUrl(split.scheme, host, port, quote(split.path or "/", safe=_PATH_SIGNS) + query)


def _invalid(why: str) -> ToolError:
    return ToolError(
        f"argument 'url' is not a web address: {why}; give one such as https://example.com/page", reason="INVALID_URL"
    )
