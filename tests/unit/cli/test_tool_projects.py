"""`toolmesh tools new|test|run`: what is made works as made, what is broken is told, what is served drains."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from mypy import api

from toolmesh_cli.tool_projects.check_project import own_tests
from toolmesh_cli.tool_projects.serve_project import serve_project
from toolmesh_core.errors import ToolMeshError
from toolmesh_toolkit.source_process import SourceProcess

TREE = Path(__file__).parents[3]
TOOLMESH = Path(sys.executable).parent / "toolmesh"
Toolmesh = Callable[..., Any]
# Tests assert and have no docstrings; a message may stand where it is raised; nothing here is a package.
NOT_FOR_A_TOOL = ("S101", "PLR2004", "D103", "D203", "D212", "INP001", "RUF001", "COM812", "TRY003", "EM101", "CPY001")
BROKEN = '''
from toolmesh_toolkit import Example, tool

@tool(read_only=True, idempotent=True, examples=[Example("one", {"a": 1})])
def crash_at_once(a: int) -> int:
    """Crash each time that it is called."""
    return 1 // 0
'''


@pytest.fixture
def project(toolmesh: Toolmesh, tmp_path: Path) -> Path:
    """A folder as `tools new` makes it."""
    made = toolmesh("tools", "new", "greet_someone", "--into", str(tmp_path))
    assert made.code == 0, made.err
    return tmp_path / "greet_someone"


def test_a_new_folder_has_all_that_a_tool_needs_and_says_what_to_do_next(toolmesh: Toolmesh, tmp_path: Path) -> None:
    made = toolmesh("tools", "new", "greet_someone", "--into", str(tmp_path))
    names = {"greet_someone.py", "test_greet_someone.py", "requirements.txt", "Dockerfile", "README.md"}
    assert {Path(line).name for line in made.out.splitlines()} == names
    assert {file.name for file in (tmp_path / "greet_someone").iterdir()} == names
    assert "toolmesh tools test" in made.err
    assert not any("__NAME__" in file.read_text() for file in (tmp_path / "greet_someone").iterdir())


@pytest.mark.timeout(120)
def test_a_new_folder_passes_as_made(toolmesh: Toolmesh, project: Path) -> None:
    tested = toolmesh("tools", "test", str(project), "--json")
    assert (tested.code, tested.json["passed"], tested.json["own_tests"]["passed"]) == (0, True, True), tested.out
    assert all(rule["kept"] and not rule["problems"] for rule in tested.json["rules"])


@pytest.mark.timeout(120)
def test_a_new_folder_is_clean_to_ruff_and_mypy(project: Path) -> None:
    ruff = Path(sys.executable).parent / "ruff"
    every_rule = ["check", "--select", "ALL", "--ignore", ",".join(NOT_FOR_A_TOOL)]
    for command in (["check"], ["format", "--check"], every_rule):
        done = subprocess.run([ruff, *command, "--isolated", project], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    cache = str(TREE / ".mypy_cache" / "of_tests")
    files = [str(file) for file in project.glob("*.py")]
    shown, errors, code = api.run(
        ["--strict", "--config-file", "", "--follow-imports=silent", "--cache-dir", cache, *files]
    )
    assert code == 0, shown + errors


def test_the_dockerfile_starts_what_serves_the_folder_from_what_the_tree_has(project: Path) -> None:
    text = (project / "Dockerfile").read_text()
    copied = re.findall(r"^COPY --from=toolmesh (\S+) ", text, re.MULTILINE)
    assert [name for name in copied if not (TREE / name).exists()] == []
    assert {"libs/toolkit", "libs/core", "libs/protos"} <= set(copied)
    [entry] = re.findall(r"^ENTRYPOINT (\[.*\])$", text, re.MULTILINE)
    assert json.loads(entry) == ["python", "-m", "toolmesh_toolkit.serve", "greet_someone", "/app"]
    assert "TOOLMESH_TOOL_GREET_SOMEONE_LISTEN=0.0.0.0:7000" in text


@pytest.mark.parametrize(
    "name", ["Bad", "9lives", "x", "has-dash", "../up", "class", "json", "pydantic", "test_it", "trailing_"]
)
def test_a_name_that_would_not_work_is_a_usage_error_and_makes_nothing(
    toolmesh: Toolmesh, tmp_path: Path, name: str
) -> None:
    refused = toolmesh("tools", "new", name, "--into", str(tmp_path))
    assert refused.code == 2
    assert "choose another one" in " ".join(refused.err.split())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(toolmesh: Toolmesh, project: Path) -> None:
    (project / "greet_someone.py").write_text("mine")
    refused = toolmesh("tools", "new", "greet_someone", "--into", str(project.parent))
    assert (refused.code, (project / "greet_someone.py").read_text()) == (1, "mine")
    assert "--into" in refused.err


@pytest.mark.timeout(120)
def test_a_broken_tool_is_told_rule_by_rule_with_the_place_and_the_remedy(toolmesh: Toolmesh, tmp_path: Path) -> None:
    (tmp_path / "crash_tools.py").write_text(BROKEN)
    (tmp_path / "test_crash_tools.py").write_text("def test_it() -> None:\n    assert 1 == 2\n")
    tested = toolmesh("tools", "test", str(tmp_path / "crash_tools.py"))
    shown = " ".join(tested.out.split())
    assert tested.code == 1
    assert 'crash_at_once: argument "a" has no description mend: write Annotated' in shown
    assert "crash_at_once crashed by ZeroDivisionError at" in shown
    assert "crash_tools.py:7" in shown
    assert re.search(r"BROKEN its own tests pass 1 failed", shown)
    assert "assert 1 == 2" in shown


def test_a_file_without_a_tool_is_told_in_one_line(toolmesh: Toolmesh, tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    for command in ("test", "run"):
        refused = toolmesh("tools", command, str(tmp_path / "empty.py"))
        assert refused.code == 1
        assert refused.err.startswith("no @tool in empty.py")


def test_a_missing_package_is_told_with_how_to_get_it(toolmesh: Toolmesh, tmp_path: Path) -> None:
    (tmp_path / "needy.py").write_text("import no_such_package_here\n")
    (tmp_path / "requirements.txt").write_text("no-such-package-here\n")
    refused = toolmesh("tools", "test", str(tmp_path))
    assert "needy.py:1" in refused.err
    assert "python -m pip install -r" in refused.err


def test_own_tests_run_as_in_their_folder_whatever_lies_above_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n')
    folder = tmp_path / "mine"
    folder.mkdir()
    assert own_tests(folder).passed is None
    (folder / "half.py").write_text("def half(a: float) -> float:\n    return a / 2\n")
    (folder / "test_half.py").write_text("from half import half\n\ndef test_it() -> None:\n    assert half(4) == 2\n")
    assert own_tests(folder).passed is True
    assert own_tests(folder / "half.py").passed is True


def test_run_serves_until_ctrl_c_and_says_how_to_call(project: Path) -> None:
    running = subprocess.Popen(
        [TOOLMESH, "tools", "run", str(project)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    lines: list[str] = []
    while not lines or "tools invoke" not in lines[-1]:
        lines.append(running.stdout.readline())
        assert lines[-1], running.communicate()
    running.send_signal(signal.SIGINT)
    rest, errors = running.communicate(timeout=30)
    assert (running.returncode, rest) == (0, ""), errors
    shown = "".join(lines)
    assert "greet_someone  name, language='en'  Write a greeting" in shown
    assert re.search(r"toolmesh tools register greet_someone 127\.0\.0\.1:\d+\n", shown)
    assert 'toolmesh tools invoke greet_someone --arguments \'{"name": "Ada"}\'' in shown


def interrupt(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_register_tells_the_platform_and_takes_it_back_at_the_end(platform: Any, project: Path) -> None:
    platform.answers["POST /v1/tool-services"] = {"name": "greet_someone"}
    platform.answers["DELETE /v1/tool-services/greet_someone"] = {}
    asyncio.run(serve_project(project, "127.0.0.1:0", register=True, on_ready=interrupt))
    assert platform.asked == ["POST /v1/tool-services", "DELETE /v1/tool-services/greet_someone"]
    assert re.fullmatch(r"127\.0\.0\.1:\d+", platform.bodies[0]["address"])


def test_where_the_platform_refuses_nothing_is_left_running(
    platform: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.answers["POST /v1/tool-services"] = httpx.Response(409, json={"detail": "the name is taken"})
    drained: list[int] = []
    drain = SourceProcess.drain

    async def told(process: SourceProcess, timeout_s: float = 30) -> int:
        drained.append(await drain(process, timeout_s))
        return drained[-1]

    monkeypatch.setattr(SourceProcess, "drain", told)
    with pytest.raises(ToolMeshError, match="taken"):
        asyncio.run(serve_project(project, "127.0.0.1:0", register=True, on_ready=interrupt))
    assert drained == [0]
    assert platform.asked == ["POST /v1/tool-services"]


def test_what_a_call_costs_is_shown(platform: Any, toolmesh: Toolmesh) -> None:
    platform.answers["GET /v1/tools/paint"] = {"name": "paint", "cost_usd": 0.02}
    assert "up to 0.02 US dollars a call" in toolmesh("tools", "show", "paint").out
