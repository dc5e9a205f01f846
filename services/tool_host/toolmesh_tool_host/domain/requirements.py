"""When a source needs an environment of its own, and when two sources can share one."""

import hashlib
import re

from toolmesh_tool_host.domain.source import PythonSource, digest_of

# A plain requirement: a name, perhaps with extras, versions and markers, but no file and no option.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*([<>=!~;].*)?")


def needs_installing(source: PythonSource) -> bool:
    """Whether its requirements.txt asks for anything."""
    return bool(_lines_of(source.requirements))


def environment_digest(source: PythonSource, platform: str) -> str:
    """The name of the environment that a source needs; equal ones are installed once.

    Args:
        platform: what else decides what is installed: the Python and the versions that are set by the platform.
    """
    lines = _lines_of(source.requirements)
    parts = [platform, *lines]
    if not all(_PLAIN.fullmatch(line) for line in lines):
        # It may refer to files of the source.
        parts.append(digest_of(source))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _lines_of(text: str) -> list[str]:
    without_comments = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [line for line in without_comments if line]
