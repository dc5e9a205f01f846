"""The hosts that may be asked: `host`, `*.domain` or `host:port`, separated by commas."""

import re
from dataclasses import dataclass

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.domain.host_names import normal_host
from toolmesh_tool_web.domain.web_urls import DEFAULT_PORTS, WebUrl

SETTING = "TOOLMESH_TOOL_WEB_ALLOWED_HOSTS"
_RULE = re.compile(r"(\*\.)?(\[[^\]]+\]|[^\[\]:@/*]+)(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class HostRule:
    """One entry of the list; without a port it means the two ports of the web."""

    host: str
    subdomains: bool
    port: int | None

    def names(self, host: str) -> bool:
        """Whether the entry is about this host; `*.domain` is not about the domain itself."""
        return host.endswith("." + self.host) if self.subdomains else host == self.host

    def opens(self, port: int) -> bool:
        """Whether the port may be used."""
        return port in DEFAULT_PORTS.values() if self.port is None else port == self.port


def parse_host_rules(text: str) -> tuple[HostRule, ...]:
    """The entries of a list.

    Raises:
        ValueError: it names the entry that cannot be read.
    """
    return tuple(_rule(entry.strip()) for entry in text.split(",") if entry.strip())


def check_allowed(rules: tuple[HostRule, ...], url: WebUrl) -> None:
    """Passes a URL whose host and port are on the list.

    Raises:
        ToolError: HOST_NOT_ALLOWED or PORT_NOT_ALLOWED, with the setting that allows it.
    """
    about = [rule for rule in rules if rule.names(url.host)]
    if not about:
        raise ToolError(
            f"host {url.host!r} is not on the list of allowed hosts: use an allowed host, "
            f"or ask the operator to add it to the setting {SETTING}",
            reason="HOST_NOT_ALLOWED",
        )
    if not any(rule.opens(url.port) for rule in about):
        raise ToolError(
            f"port {url.port} of host {url.host!r} is not allowed: use a listed port, "
            f"or ask the operator to add '{url.host}:{url.port}' to the setting {SETTING}",
            reason="PORT_NOT_ALLOWED",
        )


def _rule(entry: str) -> HostRule:
    found = _RULE.fullmatch(entry)
    if found is None:
        raise ValueError(f"{entry!r} must be host, *.domain or host:port (IPv6 in brackets), without http:// and path")
    wildcard, name, port = found[1], found[2], int(found[3]) if found[3] else None
    if port is not None and not 0 < port < 65536:
        raise ValueError(f"{entry!r}: the port must be from 1 to 65535")
    return HostRule(normal_host(name), bool(wildcard), port)
