"""The policy file on disk."""

from pathlib import Path

from toolmesh_core.errors import InvalidInput


class PolicyFile:
    """A PolicyText in a file, which a ConfigMap or an editor may replace at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The file's path."""
        return str(self._path)

    def version(self) -> object:
        """Inode, size and time of change in nanoseconds; None where there is no such file."""
        try:
            facts = self._path.stat()
        except OSError:
            return None
        return facts.st_ino, facts.st_size, facts.st_mtime_ns

    def read(self) -> str:
        """The text. InvalidInput where it cannot be read."""
        try:
            return self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InvalidInput(f"policy file {self.name}: {said}", reason="BAD_POLICY") from error
