"""Asks every request of tests/e2e/main_job.jsonl: `toolmesh eval main_job`, with a platform of its own where none runs.

`make bench-main-job` asks the platform that runs in this folder (TOOLMESH_DATA_DIR) where there is one.
"""

import os
import sys
import tempfile
from pathlib import Path

from toolmesh_cli.app import app
from toolmesh_cli.supervisor.platform_state import read_state
from toolmesh_evaluation.sets.main_job import answers, as_list, same_call

# What judges an answer can be asked here too.
__all__ = ["answers", "as_list", "main", "same_call"]

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from fixtures.running_platform import start_platform, stop_platform  # noqa: E402


def main() -> None:
    """Runs from the command line; takes the options of `toolmesh eval`."""
    state = read_state(Path(os.environ.get("TOOLMESH_DATA_DIR", ".toolmesh")))
    if state is not None:
        ask(state.url)
        return
    with tempfile.TemporaryDirectory() as folder:
        platform = start_platform(Path(folder))
        os.environ["TOOLMESH_API_KEY"] = platform.key
        try:
            ask(platform.url)
        finally:
            stop_platform(platform)


def ask(url: str) -> None:
    """Measures the platform at an address."""
    arguments = ["--url", url, "eval", "main_job", "--data", str(ROOT / "tests/e2e"), *sys.argv[1:]]
    app(arguments, standalone_mode=False)


if __name__ == "__main__":
    main()
