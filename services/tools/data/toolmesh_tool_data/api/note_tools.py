"""Tools for a user's notes; one user never sees another's."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.bootstrap import Desk
from toolmesh_tool_data.domain.note_search import Note
from toolmesh_toolkit import Example, ToolContext, tool

LIMIT = timedelta(seconds=10)
MAX_SHOWN_CHARS = 600


class NoteEntry(TypedDict):
    """A note; long text is cut."""

    note: int
    text: str
    written: str


class WrittenNote(TypedDict):
    """The number under which a note is kept."""

    note: int
    text: str


class NoteList(TypedDict):
    """Notes, and how many there are in all or fit."""

    notes: list[NoteEntry]
    total: int


class DeletedNote(TypedDict):
    """A note that is gone."""

    note: int
    deleted: bool


@tool(
    idempotent=True,
    timeout=LIMIT,
    tags=("notes",),
    version="1",
    examples=[
        Example("Make a note: call the dentist on Monday", {"text": "call the dentist on Monday"}),
        "Remember that the garage code is 4471",
        "Write down that the report is due on Friday",
        Example("记一下：周五下午三点开会", {"text": "周五下午三点开会"}),
        "帮我写个笔记，牛奶快喝完了",
    ],
)
async def write_note(
    text: Annotated[str, Field(min_length=1, description='What to write down, such as "call the dentist on Monday".')],
    context: ToolContext[Desk],
) -> WrittenNote:
    """Write down and keep a note, reminder or piece of information for the user."""
    limit = context.state.max_note_chars
    if len(text) > limit:
        raise ToolError(f"the note has {len(text)} characters: write at most {limit}", reason="TOO_LONG")
    if not text.strip():
        raise ToolError("the note is blank: say what to write down", reason="BLANK_NOTE")
    note = await context.state.notes.write(_user(context), text.strip(), _request(context), context.state.clock.now())
    return WrittenNote(note=note.number, text=_shown(note.text))


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("notes",),
    version="1",
    examples=[
        Example("What did I note about the dentist?", {"query": "dentist"}),
        "Find my notes on the garage",
        "Search my notes for the wifi password",
        Example("找一下我关于开会的笔记", {"query": "开会"}),
    ],
)
async def find_notes(
    query: Annotated[str, Field(min_length=1, max_length=300, description='Words to look for, such as "dentist".')],
    context: ToolContext[Desk],
    limit: Annotated[int, Field(ge=1, le=50, description="At most this many notes.")] = 5,
) -> NoteList:
    """Search the user's own notes for words and return those that fit."""
    found = await context.state.notes.find(_user(context), query)
    return NoteList(notes=[_entry(note, context.state) for note in found[:limit]], total=len(found))


@tool(
    idempotent=True,
    read_only=True,
    timeout=LIMIT,
    tags=("notes",),
    version="1",
    examples=[
        Example("Show my notes", {}),
        Example("List my last 3 notes", {"limit": 3}),
        "What notes do I have?",
        "列出我的所有笔记",
    ],
)
async def list_notes(
    context: ToolContext[Desk],
    limit: Annotated[int, Field(ge=1, le=50, description="At most this many notes.")] = 10,
) -> NoteList:
    """List the user's latest notes, newest first, with their numbers."""
    notes, total = await context.state.notes.newest(_user(context), limit)
    return NoteList(notes=[_entry(note, context.state) for note in notes], total=total)


@tool(
    idempotent=True,
    needs_approval=True,
    timeout=LIMIT,
    tags=("notes",),
    version="1",
    examples=[
        Example("Delete note 3", {"note": 3}),
        "Remove my second note",
        Example("删除第2条笔记", {"note": 2}),
    ],
)
async def delete_note(
    note: Annotated[int, Field(ge=1, description="The note's number, as list_notes tells it, such as 3.")],
    context: ToolContext[Desk],
) -> DeletedNote:
    """Delete one of the user's notes for good, by its number."""
    await context.state.notes.delete(_user(context), note)
    return DeletedNote(note=note, deleted=True)


def _user(context: ToolContext[Desk]) -> str:
    if not context.user:
        raise ToolError("notes belong to a user, and this call names none", reason="NO_USER")
    return context.user


def _request(context: ToolContext[Desk]) -> str:
    """What tells a repeated call from a new one."""
    return context.request_id or (f"{context.run}/{context.call_id}" if context.call_id else "")


def _entry(note: Note, desk: Desk) -> NoteEntry:
    return NoteEntry(
        note=note.number, text=_shown(note.text), written=f"{note.written.astimezone(desk.zone):%Y-%m-%d %H:%M}"
    )


def _shown(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "…"
