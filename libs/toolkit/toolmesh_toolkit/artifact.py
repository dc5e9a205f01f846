"""A file among a tool's output: its bytes travel beside the JSON, which holds what is said of it in their place."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pydantic.dataclasses
from pydantic import model_serializer
from typing_extensions import TypedDict

_collected: ContextVar["list[Artifact] | None"] = ContextVar("collected", default=None)


class ArtifactNote(TypedDict):
    """A file that is kept as an artifact: `artifact` is the id to read it by."""

    artifact: str
    media_type: str
    file_name: str
    size_bytes: int


@pydantic.dataclasses.dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a tool hands over, anywhere in what it returns.

    The router keeps the bytes for the user of the call; the LLM and the caller get an ArtifactNote with the id.

    Attributes:
        media_type: such as "image/png".
        data: the bytes; they count as output.
        file_name: for people; may be empty.
    """

    media_type: str
    data: bytes
    file_name: str = ""

    @property
    def id(self) -> str:
        """The id that memory gives these bytes."""
        return f"sha256-{hashlib.sha256(self.data).hexdigest()}"

    @model_serializer(mode="plain")
    def note(self) -> ArtifactNote:
        """What stands in the output for it."""
        collected = _collected.get()
        if collected is not None:
            collected.append(self)
        return ArtifactNote(
            artifact=self.id, media_type=self.media_type, file_name=self.file_name, size_bytes=len(self.data)
        )


@contextmanager
def collected_artifacts() -> Iterator[list[Artifact]]:
    """The artifacts in what is written as JSON within the block."""
    found: list[Artifact] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)
