"""The shape all records share, and how durations travel."""

from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

T = TypeVar("T")


class Record(BaseModel):
    """Frozen; fields it does not know are left out, so an older client reads a newer platform."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, in the shapes of the REST API."""
        return self.model_dump(mode="json")


class Page(Record, Generic[T]):
    """One page of a list; an empty token on the last."""

    items: list[T]
    next_page_token: str = ""


def _duration_of(value: object) -> object:
    """Proto3 JSON writes a duration as seconds with an 's', such as "1.5s"."""
    if isinstance(value, str) and value.endswith("s"):
        return timedelta(seconds=float(value[:-1]))
    return value


def duration_text(value: timedelta) -> str:
    """The reverse: seconds with an 's'."""
    return f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"


Duration = Annotated[timedelta, BeforeValidator(_duration_of), PlainSerializer(duration_text, return_type=str)]
