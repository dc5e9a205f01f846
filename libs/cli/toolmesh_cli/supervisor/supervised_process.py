"""A planned process of the platform under supervision, with its log in a file."""

import os
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

from toolmesh_cli.supervisor.plan import PlannedProcess
from toolmesh_core.supervised_process import ProcessCommand, StartFailed, SupervisedProcess

__all__ = ["PlatformProcess", "StartFailed"]


class PlatformProcess(SupervisedProcess):
    """Keeps one planned process running until stopped."""

    def __init__(self, plan: PlannedProcess, log_file: Path, on_change: Callable[[], None]) -> None:
        self.plan = plan
        command = ProcessCommand(
            plan.name, (sys.executable, "-m", plan.module), {**os.environ, **plan.env}, plan.address
        )
        super().__init__(command, lambda: log_file.open("ab"), lambda: _last_line(log_file), on_change)


def _last_line(log_file: Path) -> str:
    with log_file.open(errors="replace") as log:
        lines = deque((line.strip() for line in log if line.strip()), maxlen=1)
    return f"{lines[0]} (see {log_file})" if lines else f"it said nothing; see {log_file}"
