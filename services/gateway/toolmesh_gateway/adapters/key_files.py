"""Keys on disk: the main key, made at the first start, and the file of further keys."""

import logging
import os
import secrets
import tomllib
from pathlib import Path

from toolmesh_core.errors import InvalidInput, Unavailable
from toolmesh_gateway.domain.api_key import ApiKey, KeyLimits
from toolmesh_gateway.domain.keys_file import keys_of

logger = logging.getLogger(__name__)
_OWNER_ONLY = 0o600


def main_key(path: Path) -> str:
    """The key in a file, which is made, readable by its owner only, where it does not exist.

    Raises:
        InvalidInput: the file is empty.
        Unavailable: it cannot be read or made.
    """
    try:
        if not path.exists():
            _make(path)
        key = path.read_text().strip()
    except OSError as error:
        raise Unavailable(f"cannot read or make the API key file {path}: {error.strerror}") from error
    if not key:
        raise InvalidInput(f"the API key file {path} is empty; remove it to have a key made", field="api_key_file")
    return key


def further_keys(path: Path, defaults: KeyLimits) -> list[ApiKey]:
    """The keys of a TOML file.

    Raises:
        InvalidInput: it cannot be read or parsed, or entries are wrong; all faults are listed.
    """
    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise InvalidInput(f"cannot read the keys file {path}: {error.strerror}", field="keys_file") from error
    except ValueError as error:
        raise InvalidInput(f"the keys file {path} is not TOML: {error}", field="keys_file") from error
    try:
        return keys_of(document, defaults)
    except InvalidInput as error:
        raise InvalidInput(f"the keys file {path} is wrong:\n{error.message}", field="keys_file") from error


def _make(path: Path) -> None:
    """Writes a new key beside the file and links it into place: whoever reads sees a whole key or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"tm_{secrets.token_urlsafe(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces a key that another process made meanwhile.
        os.link(draft, path)
        logger.info("made an API key", extra={"file": str(path)})
    except FileExistsError:
        logger.info("another process made the API key", extra={"file": str(path)})
    finally:
        draft.unlink()
