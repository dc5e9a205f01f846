"""The guide docs/add-a-tool.md, followed to the letter on a real platform: each file, each command, each output."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

GUIDE = (Path(__file__).parents[2] / "docs" / "add-a-tool.md").read_text()
_BLOCK = re.compile(r"^```(bash|python|text)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"`([\w./]+\.py)`:\s*\Z")
TEN_MINUTES_S = 600.0
# Reading the page and typing what is not pasted, for somebody who is quick: it has some 700 words.
READING_S = 240.0


@dataclass(frozen=True)
class Step:
    """A file to write, or commands with what they show."""

    kind: str
    text: str
    file: str = ""
    shown: str = ""


def steps() -> list[Step]:
    blocks = list(_BLOCK.finditer(GUIDE))
    found = []
    for block, following in itertools.zip_longest(blocks, blocks[1:]):
        kind, text = block.groups()
        if kind == "python":
            file = _FILE.search(GUIDE[: block.start()])
            assert file is not None, f"no file is named before:\n{text}"
            found.append(Step(kind, text, file=file.group(1)))
        elif kind == "bash":
            shown = following.group(2) if following is not None and following.group(1) == "text" else ""
            found.append(Step(kind, text, shown=shown))
    return found


def missing_lines(promised: str, shown: str) -> list[str]:
    """The lines of the guide that were not shown; "…" stands for anything, and white space does not count."""
    flat = " ".join(shown.split())
    patterns = {line: r".*?".join(map(re.escape, " ".join(line.split()).split("…"))) for line in promised.splitlines()}
    return [line for line, pattern in patterns.items() if not re.search(pattern, flat)]


@pytest.fixture(scope="module")
def folder(platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `make run` was called: the data folder and .venv lie there."""
    here = tmp_path_factory.mktemp("newcomer")
    (here / ".toolmesh").symlink_to(platform.data)
    (here / ".venv").symlink_to(Path(sys.prefix))
    return here


@pytest.mark.timeout(400)
def test_a_newcomer_follows_the_guide_in_less_than_ten_minutes(platform, folder: Path) -> None:
    env = {**os.environ, "TOOLMESH_URL": platform.url, "NO_COLOR": "1"}
    first, *rest = steps()
    assert first.text == 'export PATH="$PWD/.venv/bin:$PATH"\n'
    began = time.monotonic()
    for step in rest:
        if step.kind == "python":
            (folder / step.file).write_text(step.text)
        elif "until Ctrl-C" in step.text:
            run_until_shown(step, first.text, folder, env)
        else:
            done = subprocess.run(
                ["bash", "-eu", "-c", first.text + step.text],
                cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            shown = done.stdout + done.stderr
            assert done.returncode == 0, f"{step.text}\n{shown}"
            assert missing_lines(step.shown, shown) == [], f"{step.text}\n{shown}"
    took = time.monotonic() - began
    print(f"the commands of the guide took {took:.0f} s")
    assert took + READING_S < TEN_MINUTES_S


def run_until_shown(step: Step, before: str, folder: Path, env: dict[str, str]) -> None:
    """A command that serves: Ctrl-C when it has said all that the guide shows."""
    log = folder / "run.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            ["bash", "-eu", "-c", f"{before}exec {step.text}"], cwd=folder, env=env, stdout=output, stderr=output
        )
    try:
        until = time.monotonic() + 60
        while missing_lines(step.shown, log.read_text()) and running.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        assert missing_lines(step.shown, log.read_text()) == [], log.read_text()
        running.send_signal(signal.SIGINT)
        assert running.wait(40) == 0, log.read_text()
    finally:
        running.kill()
        running.wait()
    left = subprocess.run(
        ["bash", "-c", f"{before}toolmesh tools list"], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    assert "split_bill" not in left.stdout


def test_the_guide_says_how_many_rules_there_are() -> None:
    from toolmesh_toolkit.contract import CALL_RULES, DESCRIPTION_RULES

    assert f"({len(DESCRIPTION_RULES) + len(CALL_RULES)} rules)" in GUIDE


def test_each_command_of_the_guide_has_its_output() -> None:
    quiet = [step.text for step in steps()[1:] if step.kind == "bash" and not step.shown]
    assert quiet == []


def test_a_line_that_is_not_shown_is_noticed() -> None:
    assert missing_lines("a … b\nc", "x a  1 b\n c") == []
    assert missing_lines("a … b\nc", "a 1") == ["a … b", "c"]
