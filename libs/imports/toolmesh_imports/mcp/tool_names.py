"""Names of imported tools: `server_tool` (or another prefix, or none), with what a URL cannot carry as `_`.

A name that two tools would share, that is longer than 64 or has nothing left of the tool's own ends with '_' and 8
hexadecimal digits of the SHA-256 of the tool's own name. So a name never comes to mean another tool by the order in
which a server lists its tools.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

_MAX_CHARS = 64
_DIGITS = 8
_REFUSED = re.compile(r"[^A-Za-z0-9_-]+")


def tool_names(prefix: str, originals: Sequence[str]) -> list[str]:
    """The names, in the order of the originals, each of which is there once.

    Args:
        prefix: goes before each as it is, such as "server_".
    """
    own = [_REFUSED.sub("_", original) for original in originals]
    counts = Counter(own)
    return [
        _with_digits(prefix, name, original)
        if counts[name] > 1 or not name.strip("_") or len(prefix) + len(name) > _MAX_CHARS
        else prefix + name
        for name, original in zip(own, originals, strict=True)
    ]


def _with_digits(prefix: str, name: str, original: str) -> str:
    digits = hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    kept = (prefix + name.strip("_"))[: _MAX_CHARS - _DIGITS - 1].rstrip("_")
    return f"{kept or 'tool'}_{digits}"
