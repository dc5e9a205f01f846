"""Real sandboxes, in both ways to make one: by root, who leaves it inside, and by a user with a user namespace."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from toolmesh_tool_code.adapters.bubblewrap import SANDBOXED
from toolmesh_tool_code.adapters.python_place import find_python
from toolmesh_tool_code.adapters.sandbox_process import Launch, is_true_root
from toolmesh_tool_code.adapters.session import Session, open_session
from toolmesh_tool_code.adapters.session_cgroup import SessionCgroups
from toolmesh_tool_code.domain.answers import Outcome
from toolmesh_tool_code.domain.limits import AnswerLimits, SandboxLimits

NOBODY = 65534
SYSTEM_PYTHON = Path("/usr/bin/python3")
LIMITS = SandboxLimits(memory_mb=300, disk_mb=16, processes=16, files=500, cpu_s=60)
ANSWERS = AnswerLimits(characters=2000, images=2, image_bytes=100_000, returned_bytes=150_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without bubblewrap nothing here can run but what tells that it is missing."""
    if shutil.which("bwrap") is None:
        missing = pytest.mark.skip(reason="bubblewrap is not installed: apt-get install bubblewrap")
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent) and "bubblewrap_is_missing" not in item.name:
                item.add_marker(missing)


def nobody_can_read(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o5 == 0o5 for folder in (path, *path.parents))


def ways() -> list[str]:
    """The ways to make a sandbox that can be tried here; "root" needs root, and so does "user" beside it."""
    if not is_true_root():
        return ["user"]
    return ["root", "user"] if nobody_can_read(SANDBOXED) and SYSTEM_PYTHON.exists() else ["root"]


WAYS = ways()


def launch_of(way: str, secret: Path) -> Launch:
    """How to start a sandbox in one of the ways."""
    own = Launch("bwrap", find_python(None, secret), LIMITS, becomes_nobody=way == "root")
    if way == "root" or os.geteuid() != 0:
        return own
    return replace(own, python=find_python(SYSTEM_PYTHON, secret), user=NOBODY)


@pytest.fixture(params=WAYS)
def launch(request: pytest.FixtureRequest, tmp_path: Path) -> Launch:
    return launch_of(str(request.param), tmp_path)


@pytest_asyncio.fixture
async def session(launch: Launch) -> AsyncIterator[Session]:
    opened = await open_one(launch)
    yield opened
    await opened.end("the test is over")


async def open_one(launch: Launch) -> Session:
    return await open_session(launch, ANSWERS, SessionCgroups([], launch.limits))


async def run(session: Session, code: str, time_limit_s: float = 10.0, **more: Any) -> Outcome:
    return await session.run({"code": code, "files": [], "return_files": []} | more, time_limit_s)


async def value(session: Session, code: str) -> str:
    """The value of a program that has to succeed."""
    outcome = await run(session, code)
    assert outcome.answer is not None, (outcome.ended, outcome.stderr)
    assert outcome.answer.error is None, outcome.answer.error
    return outcome.answer.value or ""
