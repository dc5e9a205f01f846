"""What a URL points to, in the one spelling that is compared with lists of hosts."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit

import idna

from toolmesh_core.errors import ToolError

MAX_URL_CHARS = 2000
DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "/?#[]@!$&'()*+,;=:%~-._"
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_NUMERIC_LABEL = re.compile(r"\d+|0[xX][0-9a-fA-F]*")
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    Attributes:
        host: lower-case ASCII; IPv6 without brackets.
        path: with the query.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """host, or host:port where the port is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.authority}{self.path}"


def ascii_host(host: str) -> str:
    """The host as it is resolved: lower-case, without a last dot, Chinese and other scripts in IDNA.

    Raises:
        ValueError: it is no host.
    """
    lowered = host.lower().rstrip(".")
    if lowered.isascii():
        return lowered
    try:
        return idna.encode(lowered, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{host!r} is no host: {error}") from error


def parse_target(url: str) -> Target:
    """Where a URL points to.

    Raises:
        ToolError: BAD_URL.
    """
    text = url.strip()
    if len(text) > MAX_URL_CHARS:
        raise _bad_url(f"the URL has {len(text)} characters: use at most {MAX_URL_CHARS}")
    if _FORBIDDEN.search(text):
        raise _bad_url("the URL holds a space, a backslash or a control character: write them as %20 and the like")
    try:
        parts = urlsplit(text)
        port, host = parts.port, ascii_host(parts.hostname or "")
    except ValueError as error:
        raise _bad_url(f"{text[:80]!r} is not a URL: {error}") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise _bad_url(f"only http and https can be reached, got {text[:80]!r}")
    if "@" in parts.netloc:
        raise _bad_url("a URL with a user name or password is refused")
    if not _HOST.fullmatch(f"[{host}]" if ":" in host else host):
        raise _bad_url(f"{text[:80]!r} has no host that can be reached")
    if _is_odd_number(host):
        raise _bad_url(f"{host!r} is a number in a spelling that is refused: write an address as 192.0.2.1")
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Target(parts.scheme, host, port if port is not None else DEFAULT_PORTS[parts.scheme], path)


def _is_odd_number(host: str) -> bool:
    """2130706433, 0x7f.1 and 127.1 are addresses to a resolver, and names to whoever compares text."""
    if not _NUMERIC_LABEL.fullmatch(host.rsplit(".", 1)[-1]):
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return False


def _bad_url(message: str) -> ToolError:
    return ToolError(message, reason="BAD_URL")


def redirected(target: Target, location: str) -> Target:
    """Where a redirect leads.

    Raises:
        ToolError: BAD_URL, or INSECURE_REDIRECT from https to http.
    """
    following = parse_target(urljoin(target.url, location))
    if target.scheme == "https" and following.scheme == "http":
        raise ToolError(f"{target.host} redirects from https to http, which is refused", reason="INSECURE_REDIRECT")
    return following
