"""Which hosts may be reached: the entries of a list, and the list with what it says when it refuses."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from toolmesh_core.egress.addresses import may_connect
from toolmesh_core.egress.resolver import Lookup, look_up, system_lookup
from toolmesh_core.egress.targets import DEFAULT_PORTS, Target, ascii_host
from toolmesh_core.errors import ToolError


@dataclass(frozen=True, slots=True)
class HostRule:
    """One entry of a list of hosts: "example.com", "*.example.com" or "example.com:8080".

    Attributes:
        port: None allows 80 and 443.
    """

    host: str
    port: int | None
    subdomains: bool

    def fits(self, host: str, port: int) -> bool:
        """Whether the entry lets a host (lower-case ASCII) through."""
        port_fits = port == self.port if self.port is not None else port in DEFAULT_PORTS.values()
        return port_fits and (host.endswith(f".{self.host}") if self.subdomains else host == self.host)


def parse_rules(text: str) -> tuple[HostRule, ...]:
    """The entries of a comma-separated list.

    Raises:
        ValueError: an entry is no host.
    """
    return tuple(_parse_rule(entry.strip()) for entry in text.split(",") if entry.strip())


def _parse_rule(entry: str) -> HostRule:
    subdomains = entry.startswith("*.")
    parts = urlsplit(f"//{entry.removeprefix('*.')}")
    host = parts.hostname or ""
    if "*" in host or "@" in entry or parts.path or not host:
        raise ValueError(f"{entry!r} is no host: write example.com, *.example.com or example.com:8080")
    return HostRule(ascii_host(host), parts.port, subdomains)


@dataclass(frozen=True, slots=True)
class HostList:
    """The hosts that may be reached; all others are refused.

    Attributes:
        allowed: what may be reached at all.
        private: those of them that may lie on loopback or in a private network; never link-local.
        allowed_setting, private_setting: what a refusal names as the place to add a host to.
        lookup: the addresses of a name.
    """

    allowed: tuple[HostRule, ...]
    private: tuple[HostRule, ...] = ()
    allowed_setting: str = "the allowed hosts"
    private_setting: str = "the private hosts"
    lookup: Lookup = field(default=system_lookup)

    def check(self, target: Target) -> None:
        """Lets a target through that an entry fits.

        Raises:
            ToolError: HOST_NOT_ALLOWED, with the setting that would allow it.
        """
        if any(rule.fits(target.host, target.port) for rule in self.allowed):
            return
        shown = f"{target.host}:{target.port}" if target.port not in DEFAULT_PORTS.values() else target.host
        why = "it is not among the allowed hosts" if self.allowed else "no host is allowed yet"
        raise ToolError(
            f"{shown} cannot be reached: {why}; whoever runs ToolMesh can add it to {self.allowed_setting}",
            reason="HOST_NOT_ALLOWED",
        )

    async def addresses(self, host: str, port: int) -> list[str]:
        """All addresses of a host, looked up once; one refused address refuses the host.

        Raises:
            ToolError: UNKNOWN_HOST, ADDRESS_NOT_ALLOWED.
        """
        found = await look_up(host, port, self.lookup)
        private_allowed = any(rule.fits(host, port) for rule in self.private)
        if all(may_connect(address, private_allowed=private_allowed) for address in found):
            return found
        raise ToolError(
            f"{host} lies in a private or reserved network, which is refused; whoever runs ToolMesh can allow a "
            f"private host with {self.private_setting}",
            reason="ADDRESS_NOT_ALLOWED",
        )
