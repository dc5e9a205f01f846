"""Made-up identifiers, addresses and codes. All hosts are reserved for examples; no number can be dialled."""

from collections.abc import Callable, Mapping
from random import Random

_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com")
_NAMES = ("ann", "marcus", "priya", "olga", "tom", "yusuf", "clara", "diego", "hannah", "kenji", "amara", "lucas")
_PATHS = ("news", "blog/spring-sale", "docs/start", "products/42", "about", "reports/2024.pdf", "team", "p/8812")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ALPHANUMERIC = _LETTERS + "abcdefghijkmnpqrstuvwxyz23456789"


def email(rng: Random) -> str:
    """A mail address."""
    return f"{rng.choice(_NAMES)}{rng.choice(('', '.lee', '.stone', str(rng.randrange(10, 99))))}@{rng.choice(_HOSTS)}"


def url(rng: Random) -> str:
    """A web address."""
    return f"https://{rng.choice(('', 'www.'))}{rng.choice(_HOSTS[:3])}/{rng.choice(_PATHS)}"


def phone(rng: Random) -> str:
    """A telephone number of the range that is kept for fiction."""
    return f"+1-555-01{rng.randrange(10, 99)}"


def code(rng: Random) -> str:
    """An order number, an id."""
    shapes = (
        f"{rng.choice(_LETTERS)}{rng.choice(_LETTERS)}-{rng.randrange(1000, 9999)}",
        f"{rng.choice(_LETTERS)}{rng.randrange(100, 999)}",
        str(rng.randrange(10_000, 999_999)),
        "".join(rng.choice(_ALPHANUMERIC) for _ in range(rng.randrange(6, 12))),
    )
    return rng.choice(shapes)


def password(rng: Random) -> str:
    """Something that looks like a password."""
    return "".join(rng.choice(_ALPHANUMERIC) for _ in range(10)) + rng.choice("!#%")


def username(rng: Random) -> str:
    """A name to log in with."""
    return f"{rng.choice(_NAMES)}{rng.choice(('_', '.', ''))}{rng.randrange(10, 999)}"


def year_range(rng: Random) -> str:
    """A span of years."""
    first = rng.randrange(1990, 2022)
    return f"{first}-{first + rng.randrange(1, 6)}"


IDENTIFIERS: Mapping[str, Callable[[Random], str]] = {
    "email": email,
    "url": url,
    "phone": phone,
    "code": code,
    "password": password,
    "username": username,
    "year_range": year_range,
}
