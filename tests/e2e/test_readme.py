"""Every command of the README is run, as it stands, against a real platform."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = [(kind, text) for kind, text in _BLOCK.findall((ROOT / "README.md").read_text())]
TOOL = next(text for kind, text in BLOCKS if "@tool" in text)
RUNNABLE = [(kind, text) for kind, text in BLOCKS if text is not TOOL]
# What a reader should see, by a word of the block it belongs to.
EXPECTED = {
    "curl": ["8.0467", '"output"', "100"],
    "OpenAI": ["12"],
    "streamable_http_client": ["calculate", "100"],
    "greet.py": ["Good day, Ada!"],
    "toolmesh ask": ["current_time", "convert_currency", "answered"],
    "toolmesh_sdk": ["299", "date_difference"],
}


@pytest.fixture(scope="module")
def folder(platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader would be: the data folder and .venv beside each other, and greet.py saved."""
    here = tmp_path_factory.mktemp("reader")
    (here / ".toolmesh").symlink_to(platform.data)
    (here / ".venv").symlink_to(Path(sys.prefix))
    (here / "greet.py").write_text(TOOL)
    return here


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("kind", "text"), RUNNABLE, ids=[text.split("\n")[0][:40] for _, text in RUNNABLE])
def test_a_block_of_the_readme_runs_and_shows_what_it_should(platform, folder: Path, kind: str, text: str) -> None:
    text = text.replace("http://127.0.0.1:8080", platform.url)
    command = ["bash", "-eu", "-c", text] if kind == "bash" else [sys.executable, "-c", text]
    env = {**os.environ, "TOOLMESH_URL": platform.url, "NO_COLOR": "1"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    shown = done.stdout
    expected = next(words for key, words in EXPECTED.items() if key in text)
    assert done.returncode == 0, shown
    assert [word for word in expected if word not in shown] == [], shown


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"run", "test"} <= set(targets)
    assert set(re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE)) <= set(targets)
