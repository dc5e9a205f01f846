"""An API key as the gateway knows it: never the key, only its hash."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from hmac import compare_digest

from toolmesh_gateway.domain.scopes import ADMIN, ANY_KEY


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """How much one key may ask.

    Attributes:
        rate_per_s: requests a second in the long run.
        burst: requests at once, after a pause.
        max_runs: runs that have not ended.
    """

    rate_per_s: float
    burst: int
    max_runs: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Who asks and what they may do.

    Attributes:
        name: of the key, for people.
        user: whose runs, documents and sessions it sees.
        digest: SHA-256 of the key.
    """

    name: str
    user: str
    digest: bytes
    scopes: frozenset[str]
    limits: KeyLimits

    def grants(self, scope: str) -> bool:
        """Whether a call that needs `scope` may go on."""
        return scope in self.scopes or ADMIN in self.scopes or scope == ANY_KEY


def digest_of(key: str) -> bytes:
    """SHA-256. Keys are long random texts, so a slow password hash would add nothing."""
    return hashlib.sha256(key.encode()).digest()


class KeyRing:
    """All keys the gateway knows."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._by_digest = {key.digest: key for key in keys}

    def find(self, presented: str) -> ApiKey | None:
        """The key that was presented, or None. Only hashes are compared, in constant time."""
        digest = digest_of(presented)
        key = self._by_digest.get(digest)
        return key if key is not None and compare_digest(key.digest, digest) else None

    def __len__(self) -> int:
        return len(self._by_digest)
