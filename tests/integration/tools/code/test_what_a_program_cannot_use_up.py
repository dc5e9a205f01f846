"""Escape attempts by exhaustion, each really made: processes, memory, disk, files, output, time."""

import asyncio
import time

import psutil

from toolmesh_tool_code.adapters.sandbox_process import Launch
from toolmesh_tool_code.adapters.session import GRACE_S, Session
from toolmesh_tool_code.domain.limits import ADDRESS_ROOM_MB

from .conftest import ANSWERS, LIMITS, open_one, run, value


async def test_a_fork_bomb_makes_few_processes_and_none_is_left(session: Session) -> None:
    bomb = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            try:
                while True: os.fork()
            except OSError: pass
            time.sleep(60)
        made += 1
except OSError as error:
    result = error.errno
made, result
"""
    outcome = await run(session, bomb, 5.0)
    assert outcome.answer is not None, outcome
    assert outcome.answer.value in {f"({made}, 11)" for made in range(LIMITS.processes + 1)}
    assert "that the program left running were ended" in outcome.notes[0]
    assert await value(session, "import os\nlen([n for n in os.listdir('/proc') if n.isdigit()]) < 20") == "True"


async def test_a_bomb_of_threads_is_stopped_by_the_limit(session: Session) -> None:
    code = """
import threading
made = 0
try:
    for made in range(1000):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
except RuntimeError: pass
made
"""
    assert int(await value(session, code)) < LIMITS.processes


async def test_too_much_memory_at_once_is_an_exception_and_the_session_stays(session: Session) -> None:
    await value(session, "kept = 7")
    outcome = await run(session, f"bytearray({(LIMITS.memory_mb + ADDRESS_ROOM_MB) * 2**20})")
    assert outcome.answer is not None
    assert outcome.answer.error is not None
    assert outcome.answer.error.type == "MemoryError"
    assert await value(session, "kept") == "7"


async def test_memory_over_the_limit_ends_the_session(session: Session) -> None:
    outcome = await run(session, f"import time\nheld = b'x' * {(LIMITS.memory_mb + 50) * 2**20}\ntime.sleep(30)")
    assert outcome.ended == f"it used over {LIMITS.memory_mb} MB of memory"


async def test_memory_of_many_processes_counts_together(session: Session) -> None:
    code = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = b"x" * (60 * 2**20)
        time.sleep(30)
time.sleep(30)
"""
    assert "MB of memory" in (await run(session, code)).ended


async def test_memory_that_does_not_show_as_a_process_own_cannot_be_had(session: Session) -> None:
    code = """
import mmap, os
def refused(*flags):
    try: mmap.mmap(-1, 4096, *flags)
    except OSError: return True
(refused(), refused(mmap.MAP_SHARED | mmap.MAP_ANONYMOUS), os.path.exists("/dev/zero"))
"""
    assert await value(session, code) == "(True, True, False)"


async def test_a_full_disk_is_an_exception_and_takes_no_more_than_its_share(session: Session) -> None:
    code = """
import os
errors = []
for folder in ("/tmp", "/tmp/work", "/dev/shm"):
    try:
        for number in range(100):
            with open(f"{folder}/{number}", "wb") as file: file.write(b"x" * 2**20)
    except OSError as error: errors.append(error.errno)
facts = os.statvfs("/tmp")
errors, (facts.f_blocks - facts.f_bfree) * facts.f_frsize
"""
    assert await value(session, code) == f"([28, 28, 28], {LIMITS.disk_mb * 2**20})"
    assert await value(session, "1 + 1") == "2"


async def test_a_single_huge_file_is_refused(session: Session) -> None:
    code = "import signal\nfile = open('f', 'wb')\nfile.truncate(2**40)"
    outcome = await run(session, code)
    assert outcome.answer is not None
    assert outcome.answer.error is not None
    assert outcome.answer.error.type == "OSError"


async def test_a_flood_of_files_ends_the_session(session: Session) -> None:
    code = "import time\nfor n in range(2000): open(f'f{n}', 'w').close()\ntime.sleep(30)"
    assert (await run(session, code)).ended == f"it made over {LIMITS.files} files"


async def test_much_output_is_cut_and_said_so_and_the_session_stays(session: Session) -> None:
    outcome = await run(session, "import sys\nprint('x' * 10**6)\nprint('é' * 10**6, file=sys.stderr)\n'y' * 10**6")
    assert (len(outcome.stdout), len(outcome.stderr)) == (ANSWERS.characters, ANSWERS.characters)
    assert len(outcome.notes) == 2
    assert outcome.answer is not None
    assert outcome.answer.value is not None
    assert len(outcome.answer.value) == ANSWERS.characters
    assert await value(session, "1 + 1") == "2"


async def test_endless_output_ends_the_session_and_costs_the_service_no_memory(session: Session) -> None:
    before = psutil.Process().memory_info().rss
    outcome = await run(session, "import os\nwhile True: os.write(1, b'x' * 65536)")
    assert outcome.ended == "it printed without end"
    assert len(outcome.stdout) == ANSWERS.characters
    assert psutil.Process().memory_info().rss - before < 20 * 2**20


async def test_an_endless_loop_is_stopped_and_the_session_stays(session: Session) -> None:
    await value(session, "kept = 7")
    outcome = await run(session, "while True: pass", 0.3)
    assert outcome.answer is not None
    assert outcome.answer.error is not None
    assert outcome.answer.error.type == "TimeLimit"
    assert await value(session, "kept") == "7"


async def test_a_loop_that_will_not_stop_is_killed(session: Session) -> None:
    started = time.monotonic()
    code = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass"
    outcome = await run(session, code, 0.2)
    assert outcome.ended == "it went on after its 0.2 s"
    assert time.monotonic() - started < 0.2 + GRACE_S + 2


async def test_what_a_program_leaves_running_is_ended_with_its_call(session: Session) -> None:
    code = "import subprocess\nleft = [subprocess.Popen(['sleep', '60'], start_new_session=True) for _ in range(3)]"
    (note,) = (await run(session, code)).notes
    assert note.endswith("that the program left running were ended")
    assert await value(session, "[process.wait() for process in left]") == "[-9, -9, -9]"


async def test_no_thread_goes_on_while_nobody_asks(session: Session, launch: Launch) -> None:
    """A thread counts; between two calls the count must stand still, however long that is."""
    code = """
import threading, time
ticks = []
def tick():
    while True:
        ticks.append(time.monotonic())
        time.sleep(0.005)
threading.Thread(target=tick, daemon=True).start()
"""
    await value(session, code)
    another = await open_one(launch)
    await value(another, "import time\ntime.sleep(0.3)")
    await another.end("")
    await value(session, "import time\ntime.sleep(0.02)")
    assert await value(session, "max(b - a for a, b in zip(ticks, ticks[1:])) > 0.25") == "True"
    await session.check_rest()
    assert session.ended == ""


async def test_a_caller_that_leaves_ends_its_session_at_once(session: Session) -> None:
    call = asyncio.create_task(run(session, "import time\ntime.sleep(60)", 60.0))
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.wait([call], timeout=2)
    assert call.cancelled()
    assert session.ended == "its caller left"


async def test_an_ended_session_leaves_no_process(launch: Launch) -> None:
    others = set(psutil.Process().children(recursive=True))
    session = await open_one(launch)
    await value(session, "1")
    inside = [child for child in psutil.Process().children(recursive=True) if child not in others]
    assert len(inside) >= 3
    await session.end("")
    assert psutil.wait_procs(inside, timeout=5)[1] == []
