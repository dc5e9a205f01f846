"""What a session keeps, takes and gives: variables, files, plots, notes on what was left out, and how fast."""

import base64
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from toolmesh_core.errors import Unavailable
from toolmesh_tool_code.adapters.python_place import find_python
from toolmesh_tool_code.adapters.sandbox_process import Launch
from toolmesh_tool_code.adapters.session import Session, open_session
from toolmesh_tool_code.adapters.session_cgroup import SessionCgroups
from toolmesh_tool_code.domain.answers import PNG, decode

from .conftest import ANSWERS, LIMITS, WAYS, launch_of, open_one, run, value

needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed"
)


async def test_variables_functions_and_imports_stay_from_call_to_call(session: Session) -> None:
    await value(session, "import math\nx = 3\ndef area(r): return math.pi * r * r")
    assert await value(session, "round(area(x), 2)") == "28.27"
    assert await value(session, "_ + 1") == "29.27"


async def test_classes_can_be_pickled_and_passed_to_other_processes(session: Session) -> None:
    code = """
import pickle
from dataclasses import dataclass
from multiprocessing import Pool
@dataclass
class Point: x: int
def double(n): return Point(2 * n.x)
with Pool(2) as pool: made = pool.map(double, [Point(1), Point(2)])
pickle.loads(pickle.dumps(made))
"""
    assert await value(session, code) == "[Point(x=2), Point(x=4)]"


async def test_asyncio_threads_and_commands_work(session: Session) -> None:
    code = """
import asyncio, subprocess, threading
found = []
thread = threading.Thread(target=found.append, args=(1,)); thread.start(); thread.join()
found.append(asyncio.run(asyncio.sleep(0, 2)))
found.append(subprocess.run("echo $((1 + 2))", shell=True, capture_output=True, text=True).stdout)
found
"""
    assert await value(session, code) == "[1, 2, '3\\n']"


async def test_an_exception_tells_its_line_and_the_session_goes_on(session: Session) -> None:
    outcome = await run(session, "print('so far')\nx = 5\nx / 0")
    assert outcome.answer is not None
    assert outcome.answer.error is not None
    assert outcome.stdout == "so far\n"
    assert outcome.answer.error.message == "ZeroDivisionError: division by zero"
    assert "line 3" in outcome.answer.error.traceback
    assert "toolmesh_sandboxed" not in outcome.answer.error.traceback
    assert await value(session, "x") == "5"


@pytest.mark.parametrize(
    ("code", "kind"), [("def", "SyntaxError"), ("input()", "EOFError"), ("raise SystemExit(2)", "SystemExit")]
)
async def test_what_ends_a_program_early_is_its_error(session: Session, code: str, kind: str) -> None:
    outcome = await run(session, code)
    assert outcome.answer is not None
    assert outcome.answer.error is not None
    assert outcome.answer.error.type == kind
    assert await value(session, "1 + 1") == "2"


async def test_exit_without_a_code_is_no_error_and_closed_streams_do_no_harm(session: Session) -> None:
    await value(session, "import sys\nsys.exit()")
    await value(session, "import io\nsys.stdout = io.StringIO()")
    outcome = await run(session, "print('seen again')")
    assert outcome.stdout == "seen again\n"
    await run(session, "sys.stdout.close()")
    assert await value(session, "1 + 1") == "2"


async def test_text_of_all_kinds_survives(session: Session) -> None:
    outcome = await run(session, "print('中文 é \\x00 \\x1b[1m'); '\\ud800'")
    assert outcome.stdout == "中文 é \x00 \x1b[1m\n"
    assert outcome.answer is not None
    assert outcome.answer.value == "'\\ud800'"
    outcome = await run(session, "class Odd:\n    def __repr__(self): return '\\udfff'\nOdd()")
    assert outcome.answer is not None
    assert outcome.answer.value == "?"


async def test_files_go_in_and_out_and_what_changed_is_listed(session: Session) -> None:
    sent = [{"name": "data/in.bin", "base64": base64.b64encode(b"\x00\x01").decode()}]
    code = "content = open('data/in.bin', 'rb').read()\nopen('out.bin', 'wb').write(content * 2)\nNone"
    outcome = await run(session, code, files=sent, return_files=["out.bin", "data/in.bin"])
    assert outcome.answer is not None
    assert [(file.name, decode(file)) for file in outcome.answer.files] == [
        ("out.bin", b"\x00\x01\x00\x01"),
        ("data/in.bin", b"\x00\x01"),
    ]
    assert [(file.name, file.size_bytes) for file in outcome.answer.changed] == [("out.bin", 4)]
    assert await value(session, "import os\nsorted(os.listdir())") == "['data', 'out.bin']"


async def test_files_that_cannot_be_returned_are_named(session: Session) -> None:
    code = f"import os\nopen('big', 'wb').write(bytes({ANSWERS.returned_bytes + 1}))\nos.mkdir('folder')\nNone"
    outcome = await run(session, code, return_files=["big", "folder", "missing"])
    assert outcome.answer is not None
    assert [note.split("'")[1] for note in outcome.answer.notes] == ["big", "folder", "missing"]


async def test_a_sent_file_that_does_not_fit_is_an_error_and_the_session_stays(session: Session) -> None:
    await value(session, "import os\nos.mkdir('taken')")
    outcome = await run(session, "1", files=[{"name": "taken", "base64": ""}])
    assert outcome.answer is not None
    assert outcome.answer.error is not None
    assert outcome.answer.error.message.startswith("IsADirectoryError")
    assert await value(session, "1 + 1") == "2"


@needs_matplotlib
async def test_plots_come_back_as_images_and_those_that_do_not_fit_are_named(tmp_path: Path) -> None:
    roomy = replace(LIMITS, memory_mb=1000, disk_mb=64)
    session = await open_one(replace(launch_of(WAYS[0], tmp_path), limits=roomy))
    code = """
import matplotlib.pyplot as plt
plt.plot([1, 2, 3]); plt.show()
plt.figure(); plt.plot([3, 2, 1])
plt.figure(); plt.plot([1, 1, 1])
None
"""
    outcome = await run(session, code, 30.0)
    assert outcome.answer is not None, outcome
    assert outcome.stderr == ""
    assert [decode(image)[:8] for image in outcome.answer.images] == [PNG, PNG]
    assert outcome.answer.notes == ["figure 3 is left out: 2 images are the most"]
    outcome = await run(session, "import numpy\nplt.imshow(numpy.random.rand(400, 400)); plt.gcf().set_dpi(300)\nNone")
    assert outcome.answer is not None
    assert outcome.answer.images == []
    assert outcome.answer.notes[0].startswith("figure 1 has ")
    await session.end("")


def cgroup_folders() -> list[Path]:
    """Folders of this process in which groups can be made, if any: of version 1 or 2."""
    root = Path("/sys/fs/cgroup")
    places = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    found = [root / kind / path.lstrip("/") for _, kind, path in places if kind in ("memory", "pids")]
    return [folder for folder in found if os.access(folder, os.W_OK)]


async def test_with_a_cgroup_the_kernel_itself_holds_the_limit(launch: Launch) -> None:
    folders = cgroup_folders()
    if not folders:
        pytest.skip("no cgroup of ours to make others in")
    before = [set(folder.iterdir()) for folder in folders]
    limits = replace(LIMITS, memory_mb=128, disk_mb=8)
    session = await open_session(replace(launch, limits=limits), ANSWERS, SessionCgroups(folders, limits))
    made = [new for folder, old in zip(folders, before, strict=True) for new in set(folder.iterdir()) - old]
    assert len(made) == len(folders)
    assert all(len((folder / "cgroup.procs").read_text().split()) == 2 for folder in made)
    outcome = await run(session, "held = [b'x' * 2**20 for _ in range(400)]\nimport time\ntime.sleep(20)")
    assert outcome.answer is None
    assert [folder for folder in made if folder.exists()] == []


async def test_a_cgroup_folder_that_limits_nothing_is_refused(launch: Launch, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="limits anything"):
        await open_session(launch, ANSWERS, SessionCgroups([tmp_path], launch.limits))


async def test_a_call_in_a_warm_session_starts_in_under_50_ms(session: Session) -> None:
    await value(session, "x = 1")
    took = []
    for _ in range(20):
        started = time.perf_counter()
        await value(session, "x")
        took.append(time.perf_counter() - started)
    assert statistics.median(took) < 0.05


def test_outside_a_sandbox_the_interpreter_refuses_to_serve() -> None:
    code = "from toolmesh_tool_code.sandboxed.confinement import check_confined\ncheck_confined()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    for wrong in ("the sandbox is not tight", "NoNewPrivs is 0", "Seccomp is 0", "it may use the network"):
        assert wrong in done.stderr


async def test_bubblewrap_that_is_not_there_is_named(launch: Launch) -> None:
    with pytest.raises(Unavailable, match="install bubblewrap"):
        await open_one(replace(launch, bubblewrap="/nowhere/bwrap"))


async def test_bubblewrap_that_does_not_work_says_why(launch: Launch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(Unavailable, match="No permissions to create new namespace"):
        await open_one(replace(launch, bubblewrap=str(broken), user=None))


def test_a_data_folder_that_programs_could_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="set another DATA_DIR"):
        find_python(None, Path("/usr/share/toolmesh"))
    with pytest.raises(Unavailable, match="does not run"):
        find_python(tmp_path / "python", tmp_path)
