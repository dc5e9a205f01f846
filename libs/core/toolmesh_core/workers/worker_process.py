"""The worker's side: reads a question a line, writes an answer a line, within limits the system holds it to."""

import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from toolmesh_core.errors import ToolError

LAST_RESORT_S = 5
Methods = Mapping[str, Callable[..., dict[str, Any]]]


def serve_worker(begin: Callable[[dict[str, Any], Path], Methods]) -> None:
    """Serves until stdin ends: a line with the facts of the start, answered by a line, then a question a line.

    The process's only argument is a folder of its own, which is removed at the end. What a library prints goes to
    stderr, since stdout carries answers.

    Args:
        begin: takes the pool's settings and the folder, sets limits, and gives the methods by name.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    start = json.loads(sys.stdin.readline())
    folder = Path(sys.argv[1])
    try:
        methods = begin(start["settings"], folder)
        _write(answers, {"ready": True})
        answer_questions(methods, start["timeout_s"], sys.stdin, answers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answer_questions(methods: Methods, timeout_s: float, questions: TextIO, answers: TextIO) -> None:
    """Answers until the questions end.

    Args:
        timeout_s: a few seconds after it the process ends itself, should nobody be left to kill it.
    """
    for line in questions:
        signal.alarm(int(timeout_s) + LAST_RESORT_S)
        question = json.loads(line)
        _write(answers, _answer(methods[question["method"]], question["arguments"]))
        signal.alarm(0)


def _write(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer, ensure_ascii=True) + "\n")
    answers.flush()


def _answer(method: Callable[..., dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": method(**arguments)}
    except ToolError as error:
        return {"failure": {"reason": error.reason, "message": error.message}}
    except MemoryError:
        return {"failure": {"reason": "OUT_OF_MEMORY", "message": "this needs too much memory: ask for less"}}


def limit_address_space(megabytes: int) -> None:
    """Bounds the address space beyond what is mapped now, so that libraries' reservations do not count."""
    statm = Path("/proc/self/statm")
    mapped = int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 2**30
    space = mapped + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (space, space))


def limit_written_files(megabytes: int) -> None:
    """Bounds the size of each file that is written, and writes none about a crash."""
    written = megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
