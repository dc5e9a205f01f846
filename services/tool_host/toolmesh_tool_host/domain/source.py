"""What can be deployed, and what makes it acceptable."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from toolmesh_core.errors import InvalidInput

NAME_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,63}")
_SECRET_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# Variables that steer the process itself.
_RESERVED = re.compile(r"(?i)(PATH|HOME|LANG|TZ|TMPDIR|SHELL|USER|(LD_|PYTHON|TOOLMESH_|GRPC_|SSL_CERT).*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_LONGEST_PATH = 400
_LONGEST_PART_BYTES = 255


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file; its path is relative, with "/"."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PythonSource:
    """Python files with functions under @tool.

    Attributes:
        secrets: names of secrets that become environment variables.
    """

    files: tuple[SourceFile, ...]
    secrets: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Its word in the contract."""
        return "python"

    @property
    def requirements(self) -> str:
        """The text of requirements.txt at the top; empty where there is none."""
        found = next((file for file in self.files if file.path == "requirements.txt"), None)
        return "" if found is None else found.content.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class ImportSource:
    """An API, read by a process that makes tools of it.

    Attributes:
        kind: "openapi", "mcp" or "grpc".
        message: the serialized toolmesh.tool_host.v1.DeploymentSource.
        secrets: names of secrets that it refers to.
    """

    kind: str
    message: bytes
    secrets: tuple[str, ...] = ()


Source = PythonSource | ImportSource


@dataclass(frozen=True, slots=True)
class SourceBounds:
    """How much may be deployed at once."""

    most_bytes: int
    most_files: int


def check_name(name: str) -> None:
    """InvalidInput for a name that is none."""
    if not NAME_PATTERN.fullmatch(name):
        raise InvalidInput(f"'name' {name[:80]!r} must be 1 to 63 of letters, digits, '_' and '-'", field="name")


def check_source(source: Source, bounds: SourceBounds) -> None:
    """InvalidInput that lists what is wrong with a source."""
    size = sum(len(file.content) for file in source.files) if isinstance(source, PythonSource) else len(source.message)
    problems = [*_secret_problems(source.secrets)]
    if size > bounds.most_bytes:
        problems.append(f"it has {size} bytes; at most {bounds.most_bytes} may be, so leave out what tools do not need")
    if isinstance(source, PythonSource):
        problems += _file_problems(source.files, bounds.most_files)
    if problems:
        raise InvalidInput(f"the source cannot be deployed: {'; '.join(problems)}", field="source", reason="BAD_SOURCE")


def digest_of(source: Source) -> str:
    """SHA-256 of a source in hex; the order of its files does not matter."""
    hasher = hashlib.sha256(source.kind.encode())
    parts = [b"secrets", *(name.encode() for name in sorted(source.secrets))]
    if isinstance(source, PythonSource):
        for file in sorted(source.files, key=lambda file: file.path):
            parts += [file.path.encode(), file.content]
    else:
        parts.append(source.message)
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()


def _secret_problems(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if not _SECRET_PATTERN.fullmatch(name):
            yield f"secret {name[:80]!r} must begin with a letter and hold letters, digits and '_' only"
        elif _RESERVED.fullmatch(name):
            yield f"secret {name!r} has the name of a variable that steers the process; rename it"


def _file_problems(files: tuple[SourceFile, ...], most: int) -> Iterator[str]:
    if len(files) > most:
        yield f"it has {len(files)} files; at most {most} may be"
        return
    paths = {file.path for file in files}
    if len(paths) != len(files):
        yield "a path is there twice"
    for file in files:
        trouble = path_trouble(file.path)
        if trouble:
            yield f"file {file.path[:120]!r} {trouble}"
        elif any(str(parent) in paths for parent in PurePosixPath(file.path).parents):
            yield f"file {file.path!r} is inside another file"
    if not any("/" not in path and path.endswith(".py") for path in paths):
        yield "it has no .py file at the top; put the functions under @tool there"


def path_trouble(path: str) -> str:
    """Why a path may not be written; empty where it may."""
    parts = path.split("/")
    if path.startswith("/") or not path:
        return "must be relative"
    if _CONTROL.search(path) or len(path) > _LONGEST_PATH:
        return "is too long, or has a control character or a backslash"
    if any(part in ("", ".", "..") for part in parts):
        return "must not have empty parts, '.' or '..'"
    if any(len(part.encode("utf-8", "replace")) > _LONGEST_PART_BYTES for part in parts):
        return "has a part that is too long"
    return ""
