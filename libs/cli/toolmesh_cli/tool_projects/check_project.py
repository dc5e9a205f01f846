"""Holds a file or folder of tools to the contract, and runs its own tests."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from toolmesh.tool.v1.tool_service_pb2_grpc import ToolServiceStub
from toolmesh_core.channel import connect
from toolmesh_core.errors import Unavailable
from toolmesh_toolkit.contract import Problem, ServedTools, Verdict, check_calls, check_descriptions
from toolmesh_toolkit.contract.rule import Tools
from toolmesh_toolkit.source_process import source_process

_NO_TESTS_COLLECTED = 5
_MOST_LOG_LINES = 10


@dataclass(frozen=True, slots=True)
class OwnTests:
    """What its own tests gave.

    Attributes:
        passed: None where there are none.
        output: of pytest.
    """

    passed: bool | None
    output: str = ""


async def check_project(path: Path, tools: Tools, scratch: Path, log: IO[bytes]) -> AsyncIterator[Verdict]:
    """Each rule of the contract in turn, on the tools and on a process that serves them.

    Args:
        path: the file or folder.
        tools: what it holds.
        scratch: an empty folder, the process's data folder.
        log: a file for the process's log.
    """
    for verdict in check_descriptions(tools):
        yield verdict
    try:
        async with (
            source_process(path, settings={"DATA_DIR": str(scratch)}, log=log) as process,
            connect(process.address) as channel,
        ):
            served = ServedTools(tools, process.address, ToolServiceStub(channel), process.drain)
            async for verdict in check_calls(served):
                yield _with_crashes(verdict, log)
    except Unavailable as error:
        said = "; ".join(_lines(log)[-_MOST_LOG_LINES:])
        problem = Problem("", f"{error.message}: {said}")
        yield Verdict("it_starts", "it starts", "mend what it wrote", (problem,))


def _with_crashes(verdict: Verdict, log: IO[bytes]) -> Verdict:
    """The rule that tells of crashes, with the places in the code, which the service's log has."""
    if verdict.kept or verdict.name != "examples_give_one_result":
        return verdict
    crashes = dict.fromkeys(place for line in _lines(log) if (place := _place_of_crash(line)))
    extra = tuple(Problem("", place) for place in crashes)
    return replace(verdict, problems=verdict.problems + extra)


def _place_of_crash(line: str) -> str:
    try:
        record = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(record, dict) or record.get("message") != "tool crashed":
        return ""
    innermost = str(record.get("places", "")).partition(" < ")[0]
    return f"{record.get('tool')} crashed by {record.get('error')} at {innermost}"


def _lines(log: IO[bytes]) -> list[str]:
    return Path(log.name).read_text(errors="replace").splitlines()


def own_tests(path: Path) -> OwnTests:
    """Runs the tests beside the tools by pytest, as it would run them in that folder."""
    folder = path.absolute() if path.is_dir() else path.absolute().parent
    targets = [folder] if path.is_dir() else [folder / f"test_{path.name}", folder / f"{path.stem}_test.py"]
    present = [str(target) for target in targets if target.exists()]
    if not present:
        return OwnTests(None)
    # The tests import the tool's file by its plain name, whatever import mode a configuration above it sets.
    paths = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *present],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode == _NO_TESTS_COLLECTED:
        return OwnTests(None)
    return OwnTests(done.returncode == 0, done.stdout.strip())
