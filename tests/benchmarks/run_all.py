"""Runs every speed benchmark, one after the other, each with its floors and peers in the same run: `make bench`."""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Runs from the command line; gives 1 where a benchmark failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=Path, default=Path("../shared/datasets"), help="folder with seal-tools/")
    parser.add_argument("--only", default="", help="a part of one script's name")
    options = parser.parse_args()
    failed = [command for command in commands(options.datasets) if options.only in command[0] and not run(command)]
    for command in failed:
        print("failed:", *command)
    return 1 if failed else 0


def commands(datasets: Path) -> list[list[str]]:
    """The scripts with their arguments; what cannot run here is named and left out."""
    found = [
        ["tool_call.py"],
        ["tool_router_overhead.py", "--soak", "5"],
        ["many_tools.py"],
        ["tool_deployment.py"],
        ["agent_step.py"],
        ["inference_overhead.py"],
        ["controller_overhead.py"],
    ]
    if (datasets / "seal-tools").is_dir():
        found.append(["tool_retrieval.py", "--data", str(datasets / "seal-tools")])
    else:
        print(f"left out: tool_retrieval.py, since {datasets}/seal-tools is not there; see --datasets")
    if importlib.util.find_spec("bfcl_eval"):
        found += [["bfcl.py", "--set", "simple_python"], ["bfcl.py", "--set", "multiple"]]
    else:
        print("left out: bfcl.py; install its cases with `.venv/bin/pip install --no-deps bfcl-eval==2026.3.23`")
    return [command for command in found if (HERE / command[0]).exists()]


def run(command: list[str]) -> bool:
    """Runs one script as it is run by hand."""
    print(f"\n$ python tests/benchmarks/{' '.join(command)}", flush=True)
    return subprocess.run([sys.executable, HERE / command[0], *command[1:]], check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
