"""What the interpreter says of a program. A hostile program can forge it, so every part is checked and bounded."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolmesh_tool_code.domain.limits import AnswerLimits

PNG = b"\x89PNG\r\n\x1a\n"
_MOST_LISTED = 60
_SPARE_BYTES = 2 * 2**20
"""For names and notes."""
Name = Annotated[str, Field(max_length=4096)]


class BrokenProtocol(Exception):
    """What came from the sandbox is no answer to the question."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReportedFile(_Message):
    """A file or image, still in base64."""

    name: Name
    base64: str


class ReportedError(_Message):
    """The program's exception."""

    type: str
    message: str
    traceback: str


class ChangedFile(_Message):
    """A file that the program made or changed."""

    name: Name
    size_bytes: int = Field(ge=0)


class Answer(_Message):
    """One answer.

    Attributes:
        call: the number of the question.
        notes: what was left out and why.
    """

    call: int
    value: str | None
    error: ReportedError | None
    images: list[ReportedFile] = Field(max_length=_MOST_LISTED)
    files: list[ReportedFile] = Field(max_length=_MOST_LISTED)
    changed: list[ChangedFile] = Field(max_length=_MOST_LISTED)
    notes: list[Annotated[str, Field(max_length=400)]] = Field(max_length=2 * _MOST_LISTED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one program ended.

    Attributes:
        answer: None where the session ended first.
        ended: why the session ended; empty where it goes on.
        notes: what the service itself has to say.
    """

    answer: Answer | None
    stdout: str
    stderr: str
    ended: str = ""
    notes: tuple[str, ...] = ()


def most_bytes(limits: AnswerLimits) -> int:
    """The longest message that can be an answer: base64 and JSON's escapes included."""
    return limits.returned_bytes * 4 // 3 + 5 * 6 * limits.characters + _SPARE_BYTES


def read_answer(body: bytes, call: int, limits: AnswerLimits) -> Answer:
    """The answer in a message.

    Raises:
        BrokenProtocol: it is none, it answers another call, or it holds more than was allowed.
    """
    try:
        answer = Answer.model_validate_json(body)
        returned = [decode(file) for file in (*answer.images, *answer.files)]
    except (ValidationError, binascii.Error) as error:
        raise BrokenProtocol("it is not of the right form") from error
    texts = [answer.value or ""]
    if answer.error:
        texts += [answer.error.type, answer.error.message, answer.error.traceback]
    if answer.call != call:
        raise BrokenProtocol(f"it answers call {answer.call} and not {call}")
    if max(map(len, texts)) > limits.characters:
        raise BrokenProtocol("a text is too long")
    if len(answer.images) > limits.images or sum(map(len, returned)) > limits.returned_bytes:
        raise BrokenProtocol("it returns too much")
    if not all(content.startswith(PNG) for content in returned[: len(answer.images)]):
        raise BrokenProtocol("an image is not a PNG")
    return answer


def decode(file: ReportedFile) -> bytes:
    """The content of a file.

    Raises:
        binascii.Error: it is not base64.
    """
    return base64.b64decode(file.base64, validate=True)
