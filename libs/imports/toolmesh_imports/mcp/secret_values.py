"""Secrets that a server is given: named by reference, read when they are needed, never shown."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from toolmesh_core.errors import InvalidInput, NotFound, ToolError
from toolmesh_imports.openapi.secrets import Redaction
from toolmesh_imports.secret_source import NoSecrets, SecretSource

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_TAKEN = re.compile(
    r"(mcp-.*|host|accept(-encoding)?|content-.*|connection|transfer-encoding|te|upgrade|last-event-id)"
)
_VALUE = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class SecretHeader:
    """A header whose value is a secret.

    Attributes:
        secret: the secret's name.
        prefix: put before the value, such as "Bearer ".

    Raises:
        InvalidInput: it is no header, or one that the protocol sets.
    """

    name: str
    secret: str
    prefix: str = ""

    def __post_init__(self) -> None:
        if not _HEADER.fullmatch(self.name) or _TAKEN.fullmatch(self.name.lower()):
            raise InvalidInput(
                f"header {self.name!r} cannot be set: it is none, or the protocol's own", field="headers"
            )


class SecretReader:
    """Reads secrets, and knows what must not come back.

    Attributes:
        redaction: of all that was read so far.
    """

    def __init__(self, source: SecretSource | None) -> None:
        self._source = source or NoSecrets()
        self._read: set[str] = set()
        self.redaction = Redaction()

    async def read(self, reference: str) -> str:
        """A secret, as one line of printable ASCII.

        Raises:
            ToolError: SECRET_MISSING; it is not told.
        """
        try:
            secret = (await self._source.secret(reference)).strip()
        except NotFound as error:
            raise _missing(f"the secret {reference!r} is not there") from error
        if not _VALUE.fullmatch(secret):
            raise _missing(f"the secret {reference!r} is empty, or has a line break or another sign it must not have")
        if secret not in self._read:
            self._read.add(secret)
            self.redaction = Redaction(self._read)
        return secret

    async def headers(self, wanted: Iterable[SecretHeader]) -> dict[str, str]:
        """Headers with their values. Raises as `read` does."""
        return {header.name: header.prefix + await self.read(header.secret) for header in wanted}


def _missing(why: str) -> ToolError:
    return ToolError(f"{why}; whoever runs ToolMesh can set it", reason="SECRET_MISSING")
