"""Page tokens of lists that run from the newest back: a time and an id."""

from datetime import UTC, datetime, timedelta

from toolmesh_core.errors import InvalidInput
from toolmesh_core.paging import decode_page_token, encode_page_token
from toolmesh_memory.app.ports import PageKey

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(time: datetime) -> int:
    """Whole microseconds since 1970; exact, unlike a float timestamp."""
    return (time - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The reverse of to_microseconds, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def page_token_of(time: datetime, identity: str) -> str:
    """The token of the page that follows this element."""
    return encode_page_token(to_microseconds(time), identity)


def page_key_of(page_token: str) -> PageKey | None:
    """Where the page begins; None for the first. InvalidInput for a token of another list."""
    match decode_page_token(page_token):
        case []:
            return None
        case [int(microseconds), str(identity)] if 0 <= microseconds < 2**57:
            return PageKey(from_microseconds(microseconds), identity)
        case _:
            raise InvalidInput(
                f"'page_token' {page_token[:40]!r} is not of this list; pass next_page_token of the page before",
                field="page_token",
            )
