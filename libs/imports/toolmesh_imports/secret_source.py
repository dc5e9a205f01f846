"""Where secrets come from: by name, at the time of a call. No description and no tool holds one."""

import os
from collections.abc import Mapping
from typing import Protocol

from toolmesh_core.errors import NotFound


class SecretSource(Protocol):
    """Knows secrets by the names that an import's options give them."""

    async def secret(self, reference: str) -> str:
        """The secret: a token or key; for http basic, "user:password".

        Raises:
            NotFound: there is none of that name.
        """
        ...


class NoSecrets:
    """Knows none."""

    async def secret(self, reference: str) -> str:
        """Never there."""
        raise NotFound(f"no secret {reference!r}")


class EnvironmentSecrets:
    """Knows those in environment variables: the prefix and the secret's name, as it is or in capitals.

    Args:
        environment: of this process where it is left out.
    """

    def __init__(self, prefix: str, environment: Mapping[str, str] | None = None) -> None:
        self._prefix = prefix
        self._environment = os.environ if environment is None else environment

    async def secret(self, reference: str) -> str:
        """The variable's value."""
        for name in (reference, reference.upper()):
            if found := self._environment.get(self._prefix + name):
                return found
        raise NotFound(f"secret {reference!r} is not there: {self._prefix}{reference.upper()} is not set")
