"""Metadata that a service asks for, such as a token: named by reference, read at each call, never shown."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from toolmesh_core.errors import InvalidInput, NotFound, ToolError
from toolmesh_imports.secret_source import SecretSource

MetadataPair = tuple[str, str | bytes]
_KEY = re.compile(r"(?!grpc-)[0-9a-z_.-]+")
_VALUE = re.compile(r"[\x20-\x7e]*")
_IN_ITS_PLACE = "[secret]"


@dataclass(frozen=True, slots=True)
class SecretMetadata:
    """One metadata entry whose value is a secret.

    Attributes:
        key: lower case, such as "authorization"; one that ends with "-bin" carries bytes.
        secret: the secret's name.
        prefix: put before the value, such as "Bearer ".

    Raises:
        InvalidInput: the key cannot be a gRPC metadata key.
    """

    key: str
    secret: str
    prefix: str = ""

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise InvalidInput(
                f"metadata key {self.key!r} is refused: use a-z, 0-9, '-', '_' and '.', and do not begin with grpc-",
                field="metadata",
            )


class CallMetadata:
    """The metadata of one call, and what must not come back of it.

    Attributes:
        pairs: to send.
    """

    def __init__(self, pairs: Iterable[MetadataPair] = (), secrets: Iterable[str] = ()) -> None:
        self.pairs = tuple(pairs)
        forms = {form for secret in secrets for form in (secret, json.dumps(secret)[1:-1])}
        # The longest first, so that a short one does not leave the rest of a long one.
        self._forms = sorted(forms, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """The text, JSON too, without the secrets."""
        for form in self._forms:
            text = text.replace(form, _IN_ITS_PLACE)
        return text


async def read_metadata(entries: Iterable[SecretMetadata], source: SecretSource | None) -> CallMetadata:
    """The entries with their values.

    Raises:
        ToolError: SECRET_MISSING, a secret is not there or cannot be sent; it is not told.
    """
    pairs: list[MetadataPair] = []
    secrets: list[str] = []
    for entry in entries:
        secret = await _found(entry, source)
        pairs.append((entry.key, _checked(entry, secret)))
        secrets.append(secret)
    return CallMetadata(pairs, secrets)


async def _found(entry: SecretMetadata, source: SecretSource | None) -> str:
    if source is None:
        raise _missing(f"metadata {entry.key!r} needs the secret {entry.secret!r}, and the import has no SecretSource")
    try:
        secret = (await source.secret(entry.secret)).strip()
    except NotFound as error:
        raise _missing(f"the secret {entry.secret!r} is not there") from error
    if not secret:
        raise _missing(f"the secret {entry.secret!r} is empty")
    return secret


def _checked(entry: SecretMetadata, secret: str) -> str | bytes:
    """gRPC's own complaint would hold the secret."""
    text = entry.prefix + secret
    if entry.key.endswith("-bin"):
        return text.encode()
    if not _VALUE.fullmatch(text):
        raise _missing(f"the secret {entry.secret!r} has a line break or another character that metadata cannot carry")
    return text


def _missing(why: str) -> ToolError:
    return ToolError(f"{why}; whoever runs ToolMesh can set it", reason="SECRET_MISSING")
