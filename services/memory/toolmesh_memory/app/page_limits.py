"""How many messages one answer holds, so that a page of large ones still fits a gRPC message."""

from collections.abc import Iterable

from toolmesh_memory.domain.session import SessionMessage


def within_bytes(entries: Iterable[SessionMessage], max_bytes: int) -> list[SessionMessage]:
    """As many of the messages as fit the bytes, the first in any case; reads no further than it must."""
    taken: list[SessionMessage] = []
    size = 0
    for entry in entries:
        size += entry.message.size_bytes
        if taken and size > max_bytes:
            break
        taken.append(entry)
    return taken
