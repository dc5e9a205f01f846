"""Work in processes of its own: what goes wrong there stays there."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from toolmesh_core.errors import ToolError, Unavailable
from toolmesh_core.workers.worker_pool import WorkerKind, WorkerPool, worker_pool

TESTS = str(Path(__file__).parents[2])
KIND = WorkerKind("fixtures.echo_worker", "echo process", {"memory_mb": 200, "password": "hidden"}, timeout_s=1.0)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest_asyncio.fixture
async def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    monkeypatch.setenv("PYTHONPATH", TESTS)
    monkeypatch.setenv("TOOLMESH_API_KEY", "secret")
    async with worker_pool(KIND, tmp_path / "scratch", 1) as made:
        yield made


async def test_a_worker_sees_none_of_the_services_settings_and_secrets(pool: WorkerPool) -> None:
    assert not [name for name in await pool.ask("environment") if name.startswith("TOOLMESH")]


async def test_its_settings_are_seen_neither_in_its_command_nor_in_a_log(pool: WorkerPool) -> None:
    pid = (await pool.ask("process"))["pid"]
    assert "hidden" not in " ".join(psutil.Process(pid).cmdline())
    assert "hidden" not in repr(KIND)


async def test_what_a_library_prints_is_no_answer(pool: WorkerPool) -> None:
    assert "folder" in await pool.ask("chatter")


async def test_a_refusal_is_passed_on_and_the_process_stays(pool: WorkerPool) -> None:
    before = await pool.ask("process")
    with pytest.raises(ToolError, match="no"):
        await pool.ask("refuse")
    assert await pool.ask("process") == before


@pytest.mark.parametrize(
    ("method", "reason"), [("sleep", "TIMEOUT"), ("swell", "OUT_OF_MEMORY"), ("leave", "OUT_OF_MEMORY")]
)
async def test_what_takes_too_long_or_too_much_or_ends_is_told_and_the_next_question_is_answered(
    pool: WorkerPool, method: str, reason: str
) -> None:
    with pytest.raises(ToolError) as caught:
        await pool.ask(method)
    assert caught.value.reason == reason
    assert "pid" in await pool.ask("process")


async def test_a_worker_that_does_not_start_is_the_platforms_failure(tmp_path: Path) -> None:
    async with worker_pool(WorkerKind("no_such_module", "lost process"), tmp_path / "scratch") as pool:
        with pytest.raises(Unavailable, match="lost process"):
            await pool.ask("anything")


async def test_the_end_of_the_pool_leaves_no_process_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", TESTS)
    async with worker_pool(KIND, tmp_path / "scratch", 1) as pool:
        pid = (await pool.ask("process"))["pid"]
    assert not psutil.pid_exists(pid)
    assert names_in(tmp_path) == []


async def test_a_caller_who_goes_while_a_worker_is_started_leaves_none_behind(pool: WorkerPool) -> None:
    asking = asyncio.create_task(pool.ask("process"))
    # One turn of the loop: the thread that starts the process has begun, and is not done.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [child for child in psutil.Process().children() if "fixtures.echo_worker" in child.cmdline()] == []
