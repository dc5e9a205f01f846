"""A call of the REST API as data: what to send and how to read the answer. Nothing here does input or output."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from toolmesh_core.errors import Internal
from toolmesh_sdk.records.record import Page, Record

T = TypeVar("T")
R = TypeVar("R", bound=Record)
Query = Mapping[str, str | int | bool | Sequence[str] | None]


@dataclass(frozen=True)
class Request(Generic[T]):
    """One call.

    Attributes:
        read: turns the answer into what the caller gets.
        query: parameters; empty ones are left out.
        make_body: builds the JSON body when it is sent, since that may read a file.
        content: a raw body: bytes, or the file that holds them.
        repeatable: sending it twice does no more than sending it once.
        timeout_s: seconds; None takes the client's.
    """

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    query: Query = field(default_factory=dict)
    make_body: Callable[[], Mapping[str, Any]] | None = None
    content: bytes | Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False
    timeout_s: float | None = None

    def parameters(self) -> dict[str, Any]:
        """The query without empty parameters."""
        return {name: value for name, value in self.query.items() if value not in (None, "", 0, ())}

    def on_page(self, token: str) -> "Request[T]":
        """The same call for another page."""
        return replace(self, query={**self.query, "page_token": token})


def get(path: str, read: Callable[[httpx.Response], T], query: Query | None = None) -> Request[T]:
    """A call that reads only."""
    return Request("GET", path, read, query or {}, repeatable=True)


def delete(path: str) -> Request[None]:
    """A call that removes something; removing it again succeeds."""
    return Request("DELETE", path, read_nothing, repeatable=True)


def post(
    path: str, read: Callable[[httpx.Response], T], body: Mapping[str, Any], *, repeatable: bool = False
) -> Request[T]:
    """A call that changes something. Empty values are left out of the body."""
    filled = {name: value for name, value in body.items() if value not in (None, "", [], {})}
    return Request("POST", path, read, make_body=lambda: filled, repeatable=repeatable)


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def read_record(cls: type[R]) -> Callable[[httpx.Response], R]:
    """Reads one resource."""
    return lambda response: _checked(response, lambda: cls.model_validate(response.json()))


def read_page(cls: type[R], name: str) -> Callable[[httpx.Response], Page[R]]:
    """Reads a page of resources that the answer keeps under a name."""

    def read(response: httpx.Response) -> Page[R]:
        def build() -> Page[R]:
            body = response.json()
            items = [cls.model_validate(item) for item in body.get(name, ())]
            return Page(items=items, next_page_token=body.get("next_page_token", ""))

        return _checked(response, build)

    return read


def read_nothing(response: httpx.Response) -> None:
    """The answer says nothing beyond success."""


def _checked(response: httpx.Response, build: Callable[[], T]) -> T:
    try:
        return build()
    except (ValueError, AttributeError, TypeError, ValidationError) as error:
        raise Internal(
            f"{response.request.url} answered something this client cannot read: {response.text[:120]!r}; "
            "is it ToolMesh's gateway, and not newer than this client?",
            reason="UNREADABLE_ANSWER",
        ) from error
