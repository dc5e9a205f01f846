"""Keeps the passage vectors of the users who searched last in memory, up to a bound."""

from collections import OrderedDict
from collections.abc import Iterable

from toolmesh_retriever.app.ports import UserVectors


class UserVectorsCache:
    """Least recently used users go first."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, str], UserVectors] = OrderedDict()
        self._bytes = 0
        self.generation = 0

    def get(self, user: str, model: str) -> UserVectors | None:
        """What is kept."""
        found = self._kept.get((user, model))
        if found is not None:
            self._kept.move_to_end((user, model))
        return found

    def put(self, user: str, model: str, vectors: UserVectors, generation: int) -> None:
        """Keeps vectors, unless something changed after `generation`, while they were read."""
        if generation != self.generation or vectors.vectors.nbytes > self._most_bytes:
            return
        self.drop((user, model))
        self._kept[user, model] = vectors
        self._bytes += vectors.vectors.nbytes
        while self._bytes > self._most_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.vectors.nbytes

    def forget(self, users: Iterable[str]) -> None:
        """Drops what is kept of users whose passages changed."""
        self.generation += 1
        changed = set(users)
        for key in [key for key in self._kept if key[0] in changed]:
            self.drop(key)

    def drop(self, key: tuple[str, str]) -> None:
        """Drops one user's vectors under one model, if they are kept."""
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.vectors.nbytes
