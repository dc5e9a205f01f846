"""Which hosts an import's calls may reach."""

import ssl
from collections.abc import Iterable, Sequence

import certifi

from toolmesh_core.egress.host_list import HostList, HostRule, parse_rules
from toolmesh_core.egress.targets import parse_target
from toolmesh_core.errors import FailedPrecondition, InvalidInput, ToolError
from toolmesh_imports.sources.open_import import ImportBounds

_SETTING = "the import's hosts (--allow-host)"


def host_list(allowed: Sequence[str], own: Iterable[str]) -> HostList:
    """The hosts of an import.

    Args:
        allowed: "name", "*.name" or "name:port". A host that is named may lie on loopback or in a private network;
            one below "*." must be public.
        own: the addresses that the import is of. Where none is allowed, these are, at public addresses only.

    Raises:
        InvalidInput: one is no host. FailedPrecondition: an own address is not allowed.
    """
    addresses = [parse_target(url) for url in dict.fromkeys(own)]
    if not allowed:
        rules = tuple(dict.fromkeys(HostRule(target.host, target.port, subdomains=False) for target in addresses))
        return HostList(rules, (), _SETTING, _SETTING)
    try:
        rules = parse_rules(",".join(allowed))
    except ValueError as error:
        raise InvalidInput(str(error), field="allowed_hosts") from error
    hosts = HostList(rules, tuple(rule for rule in rules if not rule.subdomains), _SETTING, _SETTING)
    for target in addresses:
        try:
            hosts.check(target)
        except ToolError as error:
            raise FailedPrecondition(error.message, reason=error.reason) from error
    return hosts


def trusted(bounds: ImportBounds) -> ssl.SSLContext:
    """Whom to trust over https; reading the authorities takes some 20 ms.

    Raises:
        InvalidInput: the file of authorities cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=str(bounds.ca_file or certifi.where()))
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(f"{bounds.ca_file} holds no authorities: {error}", field="ca_file") from error
