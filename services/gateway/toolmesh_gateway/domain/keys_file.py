"""The file of further keys: what its entries mean, and everything that is wrong with them."""

import re
from collections.abc import Mapping
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_gateway.domain.api_key import ApiKey, KeyLimits
from toolmesh_gateway.domain.scopes import ALL_SCOPES

_DIGEST = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
# Limits are kept by name, and this one is taken.
MAIN_KEY_NAME = "main"
_FIELDS = {"name", "user", "sha256", "scopes", "rate_per_s", "burst", "max_runs"}


def keys_of(document: Mapping[str, Any], defaults: KeyLimits) -> list[ApiKey]:
    """The keys of a parsed keys file.

    Raises:
        InvalidInput: with every fault, one a line.
    """
    entries = document.get("keys", [])
    faults = [f"unknown entry {name!r}; the file holds [[keys]] tables" for name in document if name != "keys"]
    if not isinstance(entries, list):
        raise InvalidInput("'keys' must be tables: [[keys]]", reason="BAD_KEYS_FILE")
    keys = []
    for index, entry in enumerate(entries):
        found = [f"keys[{index}]: {fault}" for fault in _faults(entry)]
        faults += found
        if not found:
            keys.append(_key(entry, defaults))
    faults += [f"the name {MAIN_KEY_NAME!r} is taken by the main key" for key in keys if key.name == MAIN_KEY_NAME]
    faults += _repeats([key.name for key in keys], "name") + _repeats([key.digest.hex() for key in keys], "sha256")
    if faults:
        raise InvalidInput("\n".join(faults), reason="BAD_KEYS_FILE")
    return keys


def _faults(entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return ["must be a table"]
    faults = [
        f"unknown field {name!r}; known are {', '.join(sorted(_FIELDS))}" for name in entry if name not in _FIELDS
    ]
    faults += [
        f"{name!r} must be a text that is not empty" for name in ("name", "user") if not _is_text(entry.get(name))
    ]
    digest = entry.get("sha256")
    if not isinstance(digest, str) or not _DIGEST.match(digest):
        # The value is left out: it may be the key itself, put there by mistake.
        faults.append("'sha256' must be the 64 lower-case hex digits of the key's SHA-256")
    scopes = entry.get("scopes")
    if not isinstance(scopes, list) or not scopes:
        faults.append(f"'scopes' must list one or more of {', '.join(sorted(ALL_SCOPES))}")
    else:
        faults += [
            f"unknown scope {scope!r}; known are {', '.join(sorted(ALL_SCOPES))}"
            for scope in scopes
            if scope not in ALL_SCOPES
        ]
    return faults + _limit_faults(entry)


def _limit_faults(entry: dict[str, Any]) -> list[str]:
    faults = []
    for name, kinds in (("rate_per_s", (int, float)), ("burst", (int,)), ("max_runs", (int,))):
        value = entry.get(name, 1)
        if isinstance(value, bool) or not isinstance(value, kinds) or value <= 0:
            faults.append(f"{name!r} must be a number over 0, got {value!r}")
    return faults


def _key(entry: dict[str, Any], defaults: KeyLimits) -> ApiKey:
    limits = KeyLimits(
        rate_per_s=float(entry.get("rate_per_s", defaults.rate_per_s)),
        burst=entry.get("burst", defaults.burst),
        max_runs=entry.get("max_runs", defaults.max_runs),
    )
    return ApiKey(entry["name"], entry["user"], bytes.fromhex(entry["sha256"]), frozenset(entry["scopes"]), limits)


def _repeats(values: list[str], what: str) -> list[str]:
    return [
        f"{what} {value!r} stands {values.count(value)} times"
        for value in dict.fromkeys(values)
        if values.count(value) > 1
    ]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
