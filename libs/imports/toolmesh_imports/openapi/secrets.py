"""Puts secrets into a request at the time of the call, and keeps them out of whatever comes back."""

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from toolmesh_core.errors import NotFound, ToolError
from toolmesh_imports.openapi.operation import Credential, Operation
from toolmesh_imports.openapi.request import PreparedRequest, checked_header
from toolmesh_imports.openapi.styles import percent
from toolmesh_imports.secret_source import SecretSource

_IN_ITS_PLACE = "[secret]"


class Redaction:
    """Takes secrets out of text, in each form in which they were sent or may come back."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            in_json = json.dumps(secret)[1:-1]
            forms |= {secret, percent(secret), in_json, in_json.replace("/", "\\/")}
        # The longest first, so that a short one does not leave the rest of a long one.
        self._forms = sorted(filter(None, forms), key=len, reverse=True)

    def clean(self, text: str) -> str:
        """The text without the secrets."""
        for form in self._forms:
            text = text.replace(form, _IN_ITS_PLACE)
        return text

    def clean_json(self, value: Any) -> Any:
        """A JSON value without the secrets, in names too."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, dict):
            return {self.clean(key): self.clean_json(item) for key, item in value.items()}
        return [self.clean_json(item) for item in value] if isinstance(value, list) else value


async def add_credentials(operation: Operation, request: PreparedRequest, source: SecretSource) -> Redaction:
    """Adds what the operation's security asks for.

    Raises:
        ToolError: SECRET_MISSING, it has no secret yet, or the secret cannot be sent; no message has a secret in it.
    """
    if operation.unmet_schemes:
        schemes = ", ".join(repr(scheme) for scheme in operation.unmet_schemes)
        raise _missing(f"the API asks for a secret of the scheme {schemes}, and the import names none")
    sent: set[str] = set()
    for credential in operation.credentials:
        sent |= _add(credential, await _found(credential, source), request)
    return Redaction(sent)


async def _found(credential: Credential, source: SecretSource) -> str:
    try:
        secret = (await source.secret(credential.reference)).strip()
    except NotFound as error:
        raise _missing(f"the secret {credential.reference!r} is not there") from error
    if not secret:
        raise _missing(f"the secret {credential.reference!r} is empty")
    return checked_header(secret, f"the secret {credential.reference!r}")


def _add(credential: Credential, secret: str, request: PreparedRequest) -> set[str]:
    """Adds one, and gives the texts that must not come back."""
    match credential.kind:
        case "bearer":
            request.headers["Authorization"] = f"Bearer {secret}"
        case "basic":
            packed = b64encode(secret.encode()).decode("ascii")
            request.headers["Authorization"] = f"Basic {packed}"
            return {secret, packed, secret.partition(":")[2]}
        case "header":
            request.headers[credential.name] = secret
        case "query":
            request.query.append((percent(credential.name), percent(secret)))
        case "cookie":
            request.cookies.append((percent(credential.name), percent(secret)))
    return {secret}


def _missing(why: str) -> ToolError:
    return ToolError(f"{why}; whoever runs ToolMesh can set it", reason="SECRET_MISSING")
