"""Where the platform is and with which key: argument, then environment, then the data folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from toolmesh_core.errors import InvalidInput, PermissionDenied

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_DATA_DIR = ".toolmesh"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class ConnectionSettings:
    """An address and a key; the key is left out of its repr."""

    base_url: str
    api_key: str | None = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """The platform is on this machine, so no proxy is asked."""
        return urlsplit(self.base_url).hostname in _LOOPBACK

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        key = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        return {"User-Agent": "toolmesh-sdk/0.1", **key}


def find_connection(
    base_url: str | None = None, api_key: str | None = None, environment: Mapping[str, str] = os.environ
) -> ConnectionSettings:
    """The settings in force.

    Args:
        base_url: else TOOLMESH_URL, else http://127.0.0.1:8080.
        api_key: else TOOLMESH_API_KEY, else the file api_key in TOOLMESH_DATA_DIR (./.toolmesh); none where that is
            missing, which the gateway will say is not enough.
    """
    url = (base_url or environment.get("TOOLMESH_URL") or DEFAULT_URL).rstrip("/")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise InvalidInput(f"{url!r} is no address of a platform: write it like {DEFAULT_URL}", field="base_url")
    key = api_key or environment.get("TOOLMESH_API_KEY") or _key_in_data_dir(environment)
    return ConnectionSettings(url, _checked_key(key) if key else None)


def _key_in_data_dir(environment: Mapping[str, str]) -> str | None:
    path = Path(environment.get("TOOLMESH_DATA_DIR") or DEFAULT_DATA_DIR) / "api_key"
    try:
        return path.read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise PermissionDenied(f"cannot read the API key in {path}: {error}; set TOOLMESH_API_KEY instead") from error


def _checked_key(key: str) -> str:
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput("the API key holds spaces, control or non-ASCII characters: check it", field="api_key")
    return key
