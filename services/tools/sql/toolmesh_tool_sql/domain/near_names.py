"""Names that may have been meant."""

import difflib
from collections.abc import Iterable

MAX_SHOWN = 30


def near_names(what: str, asked: str, names: Iterable[str]) -> str:
    """For the end of a refusal: the nearest name, and the names there are."""
    listed = sorted(set(names))
    if not listed:
        return f"there are no {what}"
    lowered = {name.lower(): name for name in listed}
    close = difflib.get_close_matches(asked.lower(), list(lowered), n=1, cutoff=0.6)
    hint = f"did you mean {lowered[close[0]]!r}? " if close else ""
    more = f" and {len(listed) - MAX_SHOWN} more" if len(listed) > MAX_SHOWN else ""
    return f"{hint}the {what} are {', '.join(listed[:MAX_SHOWN])}{more}"
