"""Attacks on the messages between the service and the interpreter. A program can say all of it."""

import pytest

from toolmesh_tool_code.adapters.session import Session

from .conftest import ANSWERS, run, value

CHANNEL = """
import json, os, socket, stat, sys, types
def channel():
    "The descriptor that leads to the service."
    for fd in range(3, 60):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode): return fd
        except OSError: pass
def send(body):
    os.write(channel(), len(body).to_bytes(4, "big") + body)
def answer(**more):
    return {"call": 0, "value": None, "error": None, "images": [], "files": [], "changed": [], "notes": []} | more
"""


async def test_what_looks_like_the_protocol_is_only_text(session: Session) -> None:
    code = """
import json, sys
body = json.dumps({"call": 1, "value": "forged", "error": None})
sys.stdout.buffer.write(len(body).to_bytes(4, "big") + body.encode())
"real"
"""
    outcome = await run(session, code)
    assert outcome.answer is not None
    assert outcome.answer.value == "'real'"
    assert "forged" in outcome.stdout


@pytest.mark.parametrize(
    "attack",
    [
        "send(b'{}')",
        "send(b'not json')",
        "send(b'\\xff\\xfe')",
        "send(b'[' * 100000)",
        "send(json.dumps(answer(call=99)).encode())",
        "send(json.dumps(answer(call=2, more=1)).encode())",
        f"send(json.dumps(answer(call=2, value='x' * {ANSWERS.characters + 1})).encode())",
        "send(json.dumps(answer(call=2, images=[{'name': 'a.png', 'base64': 'PHNjcmlwdD4='}])).encode())",
        "send(json.dumps(answer(call=2, files=[{'name': 'a', 'base64': '?'}])).encode())",
        f"send(json.dumps(answer(call=2, files=[dict(name='a', base64='AAAA' * {ANSWERS.returned_bytes})])).encode())",
        "send(json.dumps(answer(call=2, notes=['x'] * 1000)).encode())",
        "os.write(channel(), b'\\xff\\xff\\xff\\xff')",
        "os.close(channel())",
        "socket.socket(fileno=channel()).shutdown(socket.SHUT_RDWR)",
    ],
)
async def test_a_forged_answer_ends_the_session(session: Session, attack: str) -> None:
    await value(session, CHANNEL)
    outcome = await run(session, f"{attack}\nimport time\ntime.sleep(5)")
    assert outcome.answer is None
    assert outcome.ended


async def test_an_answer_ahead_of_its_call_is_not_taken_for_the_next_one(session: Session) -> None:
    """A program may say what it likes as its own answer; the real one then comes too late and ends the session."""
    await value(session, CHANNEL)
    outcome = await run(session, "send(json.dumps(answer(call=2, value='mine')).encode())")
    assert outcome.answer is not None
    assert outcome.answer.value == "mine"
    outcome = await run(session, "1 + 1")
    assert outcome.ended.startswith("its answer was forged")


async def test_a_service_that_is_not_read_from_does_not_wait_for_ever(session: Session) -> None:
    await value(
        session, "import time, toolmesh_sandboxed.worker as worker\nworker.answer_to = lambda *_: time.sleep(60)"
    )
    outcome = await run(session, "1 + 1", 0.2)
    assert outcome.ended == "it went on after its 0.2 s"


async def test_descriptors_sent_along_do_not_reach_the_service(session: Session) -> None:
    await value(session, CHANNEL)
    code = """
body = json.dumps(answer(call=2, value='with a descriptor')).encode()
socket.socket(fileno=os.dup(channel())).sendmsg(
    [len(body).to_bytes(4, "big") + body],
    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, (1).to_bytes(4, "little"))])
"""
    outcome = await run(session, code)
    assert outcome.answer is not None
    assert outcome.answer.value == "with a descriptor"


async def test_a_fork_that_comes_back_is_no_second_interpreter(session: Session) -> None:
    assert await value(session, "import os\nchild = os.fork()\nchild and os.waitpid(child, 0)[1]") == "0"
    assert await value(session, "1 + 1") == "2"


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("os._exit(3)", "it exited with 3"),
        ("os.kill(os.getpid(), 11)", "it died of SIGSEGV"),
        (
            "import resource; resource.setrlimit(resource.RLIMIT_CPU, (0, 1))\nwhile True: pass",
            "it used up its CPU time",
        ),
    ],
)
async def test_how_an_interpreter_ended_is_told_with_its_output(session: Session, ending: str, said: str) -> None:
    outcome = await run(session, f"import os\nprint('before', flush=True)\n{ending}")
    assert (outcome.answer, outcome.stdout, outcome.ended) == (None, "before\n", said)
