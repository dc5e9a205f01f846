"""The packages that a tool process runs on: their versions are the platform's, whatever a source asks for."""

import functools
import re
from importlib import metadata

_ROOT = "toolmesh-toolkit"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@functools.cache
def platform_versions() -> dict[str, str]:
    """Versions of what toolmesh-toolkit needs, directly or not, by name; without ToolMesh's own packages."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    waiting = [_ROOT]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            # Asked for by a marker or an extra that is not in force here.
            continue
        waiting += [
            _normalized(requirement) for requirement in distribution.requires or () if "extra ==" not in requirement
        ]
        if not name.startswith("toolmesh-"):
            found[name] = distribution.version
    return dict(sorted(found.items()))


def _normalized(requirement: str) -> str:
    match = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
