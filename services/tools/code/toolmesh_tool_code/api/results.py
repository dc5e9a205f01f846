"""What a program's end looks like to the LLM; plots and files are artifacts."""

import mimetypes

from typing_extensions import TypedDict

from toolmesh_tool_code.domain.answers import Answer, Outcome, ReportedFile, decode
from toolmesh_toolkit import Artifact


class ProgramError(TypedDict):
    """Why a program did not get to its end."""

    type: str
    message: str
    traceback: str


class ListedFile(TypedDict):
    """A file that was written; ask for its content by return_files."""

    name: str
    size_bytes: int


class RunResult(TypedDict):
    """How a program ended; `notes` says what was cut or left out.

    `session_is_new`: no variables were there. `session_ended`: none are there any more.
    """

    stdout: str
    stderr: str
    value: str | None
    error: ProgramError | None
    notes: list[str]
    session_is_new: bool
    session_ended: bool
    changed_files: list[ListedFile]
    images: list[Artifact]
    files: list[Artifact]


def to_result(outcome: Outcome, *, is_new: bool) -> RunResult:
    """The outcome as the LLM gets it."""
    answer = outcome.answer
    notes = list(outcome.notes) + (answer.notes if answer else [])
    return RunResult(
        stdout=outcome.stdout,
        stderr=outcome.stderr,
        value=answer.value if answer else None,
        error=_error(answer, outcome.ended),
        notes=notes,
        session_is_new=is_new,
        session_ended=bool(outcome.ended),
        changed_files=[ListedFile(name=file.name, size_bytes=file.size_bytes) for file in answer.changed]
        if answer
        else [],
        images=[_returned(file, "image/png") for file in answer.images] if answer else [],
        files=[_returned(file, _media_type(file.name)) for file in answer.files] if answer else [],
    )


def _error(answer: Answer | None, ended: str) -> ProgramError | None:
    if answer is None:
        message = f"the session was ended, with its variables and files: {ended}"
        return ProgramError(type="SessionEnded", message=message, traceback="")
    if answer.error is None:
        return None
    return ProgramError(type=answer.error.type, message=answer.error.message, traceback=answer.error.traceback)


def _returned(file: ReportedFile, media_type: str) -> Artifact:
    return Artifact(media_type, decode(file), _plain(file.name))


def _plain(path: str) -> str:
    """The file's own name, with nothing that an artifact's name may not have: a program chose it."""
    name = path.rpartition("/")[2][-100:]
    return "".join(character if character.isprintable() and character != "\\" else "_" for character in name)


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
