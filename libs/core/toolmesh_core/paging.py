"""Pages of lists: sizes within bounds, opaque tokens."""

import base64
import binascii
import json

from toolmesh_core.errors import InvalidInput

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


def page_size_of(requested: int) -> int:
    """The size in force: 0 means 100, more than 1000 means 1000. InvalidInput below 0."""
    if requested < 0:
        raise InvalidInput(f"'page_size' must be 0 to {MAX_PAGE_SIZE}, got {requested}", field="page_size")
    return min(requested or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def encode_page_token(*parts: str | int | float) -> str:
    """A token that holds where the next page begins."""
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_page_token(token: str) -> list[str | int | float]:
    """What encode_page_token was given; empty for an empty token. InvalidInput for anything else."""
    if not token:
        return []
    try:
        parts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _bad_token(token) from error
    if not isinstance(parts, list) or not all(isinstance(part, str | int | float) for part in parts):
        raise _bad_token(token)
    return parts


def _bad_token(token: str) -> InvalidInput:
    return InvalidInput(
        f"'page_token' {token[:40]!r} is none of ours; pass next_page_token of the page before, or leave it out",
        field="page_token",
    )
