"""Names of tools: `package.Service.Method` as short as it can be while every name is another.

1. `Service_Method`, without the package.
2. Where services of several packages share a name, as much of the package as tells them apart goes before it, and
   every '.' becomes '_': `v1_Library_GetBook`, `v2_Library_GetBook`.
3. A name that is still there twice, or longer than 64, is cut and ends with '_' and 8 hexadecimal digits of the
   SHA-256 of `package.Service.Method`.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

MAX_NAME = 64
_DIGITS = 8


def tool_names(methods: Sequence[tuple[str, str]], prefix: str = "") -> list[str]:
    """The names, in the order of the methods; they do not depend on that order.

    Args:
        methods: (full name of the service, method), each once.
        prefix: put before every name.
    """
    short = short_names(sorted({service for service, _ in methods}))
    wished = [f"{prefix}{short[service]}_{method}".replace(".", "_") for service, method in methods]
    counts = Counter(wished)
    return [
        name if counts[name] == 1 and len(name) <= MAX_NAME else _numbered(name, f"{service}.{method}")
        for name, (service, method) in zip(wished, methods, strict=True)
    ]


def short_names(services: Sequence[str]) -> dict[str, str]:
    """For each full name its last parts, as many as no other service ends with."""
    parts = {service: service.split(".") for service in services}
    return {service: ".".join(_shortest(service, parts)) for service in services}


def _shortest(service: str, parts: dict[str, list[str]]) -> list[str]:
    own = parts[service]
    for count in range(1, len(own)):
        if not any(other != service and parts[other][-count:] == own[-count:] for other in parts):
            return own[-count:]
    return own


def _numbered(name: str, full_name: str) -> str:
    digits = hashlib.sha256(full_name.encode()).hexdigest()[:_DIGITS]
    return f"{name[: MAX_NAME - _DIGITS - 1]}_{digits}"
