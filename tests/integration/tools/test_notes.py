"""Notes in a real database: kept apart by user, written once, gone when deleted."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.api.note_tools import delete_note, find_notes, list_notes, write_note
from toolmesh_tool_data.bootstrap import Desk, open_desk
from toolmesh_tool_data.settings import DataSettings
from toolmesh_toolkit import ToolContext


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(DataSettings(data_dir=tmp_path, max_note_chars=1000, max_notes_per_user=3)) as opened:
        yield opened


def call(desk: Desk, user: str = "ann", request_id: str = "") -> ToolContext[Desk]:
    return ToolContext(user=user, request_id=request_id, state=desk)


async def test_what_is_written_is_found_and_listed_newest_first(desk: Desk) -> None:
    assert (await write_note("call the dentist", call(desk)))["note"] == 1
    await write_note("周五下午开会", call(desk))
    assert [note["note"] for note in (await list_notes(call(desk)))["notes"]] == [2, 1]
    assert [note["text"] for note in (await find_notes("开会", call(desk)))["notes"]] == ["周五下午开会"]
    assert (await find_notes("rocket", call(desk)))["total"] == 0


async def test_one_user_never_sees_or_deletes_anothers(desk: Desk) -> None:
    await write_note("secret of ann", call(desk))
    assert (await list_notes(call(desk, "bob")))["total"] == 0
    assert (await find_notes("secret", call(desk, "bob")))["total"] == 0
    with pytest.raises(ToolError, match="no note 1"):
        await delete_note(1, call(desk, "bob"))
    with pytest.raises(ToolError) as caught:
        await list_notes(call(desk, ""))
    assert caught.value.reason == "NO_USER"


async def test_a_call_that_is_repeated_writes_once(desk: Desk) -> None:
    first = await write_note("milk", call(desk, request_id="r1"))
    assert await write_note("milk", call(desk, request_id="r1")) == first
    assert await write_note("milk", call(desk, request_id="r2")) == first
    await delete_note(first["note"], call(desk))
    assert (await write_note("milk", call(desk, request_id="r1")))["note"] == first["note"]
    assert (await list_notes(call(desk)))["total"] == 0


async def test_deleting_twice_is_the_same_as_once_and_numbers_are_not_given_again(desk: Desk) -> None:
    await write_note("a", call(desk))
    for _ in range(2):
        assert (await delete_note(1, call(desk)))["deleted"]
    assert (await write_note("b", call(desk)))["note"] == 2
    for number in (3, 0):
        with pytest.raises(ToolError) as caught:
            await delete_note(number, call(desk))
        assert caught.value.reason == "UNKNOWN_NOTE"


async def test_notes_are_bounded_in_length_and_number(desk: Desk) -> None:
    for text, reason in (("x" * 1001, "TOO_LONG"), ("   ", "BLANK_NOTE")):
        with pytest.raises(ToolError) as caught:
            await write_note(text, call(desk))
        assert caught.value.reason == reason
    for text in "abc":
        await write_note(text, call(desk))
    with pytest.raises(ToolError) as caught:
        await write_note("d", call(desk))
    assert caught.value.reason == "TOO_MANY_NOTES"


async def test_hostile_text_is_only_text(desk: Desk) -> None:
    evil = "'; DROP TABLE notes; --"
    await write_note(evil, call(desk))
    assert (await find_notes(evil, call(desk)))["notes"][0]["text"] == evil


async def test_notes_survive_a_restart(tmp_path: Path) -> None:
    settings = DataSettings(data_dir=tmp_path)
    async with open_desk(settings) as desk:
        await write_note("stays", call(desk))
        written = datetime.now(UTC)
    async with open_desk(settings) as desk:
        notes = (await list_notes(call(desk)))["notes"]
    assert notes[0]["text"] == "stays"
    assert notes[0]["written"][:10] == f"{written:%Y-%m-%d}"
