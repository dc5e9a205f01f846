"""Secrets that the operator gave the host: variables of its environment, or files in a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from toolmesh_core.errors import FailedPrecondition

VARIABLE_PREFIX = "TOOLMESH_TOOL_HOST_SECRET_"


class HeldSecrets:
    """Looks secrets up by name; names were checked to be plain before."""

    def __init__(self, environment: Mapping[str, str], folder: Path | None) -> None:
        self._environment = environment
        self._folder = folder

    def resolve(self, names: Sequence[str]) -> dict[str, str]:
        """Their values by name."""
        found = {name: self._find(name) for name in names}
        missing = [name for name, value in found.items() if value is None]
        if missing:
            where = "".join(f" or put it in a file {self._folder / name}" for name in missing[:1] if self._folder)
            raise FailedPrecondition(
                f"the host holds no secret {', '.join(map(repr, missing))}; set {VARIABLE_PREFIX}{missing[0]}{where} "
                "where the platform is started",
                reason="UNKNOWN_SECRET",
            )
        return {name: value for name, value in found.items() if value is not None}

    def _find(self, name: str) -> str | None:
        value = self._environment.get(VARIABLE_PREFIX + name)
        if value is not None or self._folder is None:
            return value
        path = self._folder / name
        return path.read_text().rstrip("\n") if path.is_file() else None
