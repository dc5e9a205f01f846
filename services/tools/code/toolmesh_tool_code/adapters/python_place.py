"""Where the interpreter of the programs lies, with its library and its packages."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from toolmesh_core.errors import Unavailable

_ASK = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix]))"
_SEEN_ANYWAY = Path("/usr")


@dataclass(frozen=True, slots=True)
class PythonPlace:
    """An interpreter.

    Attributes:
        folders: what it needs besides /usr.
    """

    executable: Path
    folders: tuple[Path, ...]


def find_python(chosen: Path | None, secret: Path) -> PythonPlace:
    """The interpreter that was chosen, or our own.

    Args:
        secret: a folder that programs must not see.

    Raises:
        Unavailable: it does not run, or what it needs holds the secret folder.
    """
    executable = (chosen or Path(sys.executable)).absolute()
    prefixes = {Path(prefix) for prefix in _prefixes(executable)}
    folders = tuple(sorted(folder for folder in prefixes if not folder.is_relative_to(_SEEN_ANYWAY)))
    for folder in (*folders, _SEEN_ANYWAY):
        if secret.resolve().is_relative_to(folder.resolve()):
            raise Unavailable(
                f"the data folder {secret} lies in {folder}, which programs can read: set another DATA_DIR"
            )
    return PythonPlace(executable, folders)


def _prefixes(executable: Path) -> list[str]:
    command = [str(executable), "-I", "-c", _ASK]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=30, env={})
        found: list[str] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Unavailable(f"the interpreter {executable} does not run: {error}") from error
    return found
