"""The journal in SQLite: what it was told is there again after it was closed."""

import sqlite3

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from toolmesh.planner.v1.run_event_pb2 import RunEvent, RunStarted
from toolmesh.planner.v1.run_pb2 import Run
from toolmesh.planner.v1.run_service_pb2 import CreateRunRequest
from toolmesh_core.errors import Internal
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_planner.adapters.sqlite_journal import MIGRATIONS, SqliteJournal
from toolmesh_planner.domain.run_state import RunHeader


@pytest.fixture
async def journal(tmp_path):
    async with SqliteDatabase.open(tmp_path / "planner.sqlite3", MIGRATIONS) as database:
        yield SqliteJournal(database)


def _header(run, user="ann", session="", request_id=""):
    request = CreateRunRequest(input="hi", session=session, request_id=request_id)
    return RunHeader(run, user, request, 3, "00-1-2-01", "desk")


def _event(sequence):
    return RunEvent(sequence=sequence, time=Timestamp(seconds=sequence), run_started=RunStarted(input="hi"))


async def test_a_run_is_read_as_it_was_written(journal):
    await journal.create(_header("run_1"), _event(1))
    await journal.append("run_1", [_event(2), _event(3)])
    stored = await journal.read("run_1")
    assert (stored.header, stored.final, stored.ending) == (_header("run_1"), None, None)
    assert [event.sequence for event in stored.events] == [1, 2, 3]
    assert [event.sequence for event in await journal.read_events("run_1", 2)] == [3]


async def test_a_run_with_an_end_is_not_unfinished(journal):
    await journal.create(_header("run_1"), _event(1))
    await journal.create(_header("run_2"), _event(1))
    await journal.append("run_1", [], ending=Run(id="run_1", output="almost"))
    assert await journal.unfinished() == ["run_1", "run_2"]
    assert (await journal.read("run_1")).ending.output == "almost"
    await journal.append("run_1", [_event(2)], final=Run(id="run_1", output="x"))
    assert await journal.unfinished() == ["run_2"]
    assert (await journal.find("run_1", "ann")).final.output == "x"


async def test_a_sequence_is_never_written_twice(journal):
    await journal.create(_header("run_1"), _event(1))
    with pytest.raises(sqlite3.IntegrityError):
        await journal.append("run_1", [_event(2), _event(1)])
    assert len(await journal.read_events("run_1", 0)) == 1


async def test_a_request_id_begins_one_run_of_a_user(journal):
    assert await journal.create(_header("run_1", request_id="r"), _event(1)) == "run_1"
    assert await journal.create(_header("run_2", request_id="r"), _event(1)) == "run_1"
    assert await journal.create(_header("run_3", user="bob", request_id="r"), _event(1)) == "run_3"
    assert await journal.create(_header("run_4"), _event(1)) == "run_4"
    assert await journal.find_request("ann", "r") == "run_1"
    assert await journal.find_request("ann", "") is None


async def test_a_user_sees_only_their_own(journal):
    await journal.create(_header("run_1"), _event(1))
    assert await journal.find("run_1", "bob") is None
    assert await journal.page("bob", "", "", 10) == []


async def test_pages_go_from_new_to_old(journal):
    for number in range(5):
        await journal.create(_header(f"run_{number}", session="s" if number % 2 else ""), _event(1))
    assert [one.header.run for one in await journal.page("ann", "", "run_3", 2)] == ["run_2", "run_1"]
    assert [one.header.run for one in await journal.page("ann", "s", "", 10)] == ["run_3", "run_1"]


async def test_a_damaged_event_is_named(journal, tmp_path):
    await journal.create(_header("run_1"), _event(1))
    with sqlite3.connect(tmp_path / "planner.sqlite3") as connection:
        connection.execute("UPDATE events SET event = x'ff'")
    connection.close()
    with pytest.raises(Internal, match="the journal is damaged: run run_1"):
        await journal.read("run_1")
