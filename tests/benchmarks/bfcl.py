"""The controller on the Berkeley Function Calling Leaderboard: `toolmesh eval bfcl_SET`, as a part of `make bench`.

For evaluation only: nothing is tuned on these cases.
"""

import argparse

from toolmesh_cli.app import app


def main() -> None:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=("simple_python", "multiple", "irrelevance"), default="simple_python")
    options, others = parser.parse_known_args()
    # One at a time, so that the times are those of a request that is alone.
    app(["eval", f"bfcl_{options.set}", "--parallel", "1", *others])


if __name__ == "__main__":
    main()
