"""One spelling of a host: lower case, ASCII, no trailing dot, an address in its usual form."""

import ipaddress
import re

import idna

MAX_NAME_CHARS = 253
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def normal_host(text: str) -> str:
    """The one spelling of a name or an address; IPv6 comes with and without its brackets.

    Raises:
        ValueError: it is no host, or one of the spellings only the C library reads, such as 0x7f.1.
    """
    if text.startswith("[") and text.endswith("]"):
        return _ipv6(text[1:-1])
    if ":" in text:
        return _ipv6(text)
    if len(text) > MAX_NAME_CHARS + 1:
        raise ValueError(f"a host has at most {MAX_NAME_CHARS} characters")
    name = _ascii(text).removesuffix(".")
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME_CHARS:
        raise ValueError(f"{text!r} is not a host name")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    return name


def address_of(host: str) -> Address | None:
    """The address that a normal host is, where it is one."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text, uts46=True, std3_rules=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise ValueError(f"{text!r} is not an international host name ({error})") from error


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise ValueError(f"{text!r} must be four decimal numbers, such as 192.0.2.1") from error


def _ipv6(text: str) -> str:
    if "%" in text:
        raise ValueError(f"{text!r} must not name a network interface")
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is not an IPv6 address") from error
