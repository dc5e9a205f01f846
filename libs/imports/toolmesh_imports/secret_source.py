"""Where secrets come from: by name, at the time of a call. No description and no tool holds one."""

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
