"""Who asks: from an Authorization header to a key, and whether the key may."""

from toolmesh_core.errors import PermissionDenied, Unauthenticated
from toolmesh_gateway.domain.api_key import ApiKey, KeyRing

_SCHEME = "bearer "


class Authenticate:
    """Knows keys by their hashes.

    Args:
        everybody: the key that a call without one has; None where keys are required.
    """

    def __init__(self, keys: KeyRing, everybody: ApiKey | None = None) -> None:
        self._keys = keys
        self._everybody = everybody

    def __call__(self, authorization: str, scope: str) -> ApiKey:
        """The key of a call that needs `scope`.

        Raises:
            Unauthenticated: no key, or nobody knows it.
            PermissionDenied: it lacks the scope.
        """
        key = self._find(authorization)
        if not key.grants(scope):
            raise PermissionDenied(
                f"the key {key.name!r} lacks the scope {scope!r}; use a key that has it",
                reason="MISSING_SCOPE",
                metadata={"scope": scope},
            )
        return key

    def _find(self, authorization: str) -> ApiKey:
        if self._everybody is not None:
            return self._everybody
        if not authorization:
            raise Unauthenticated("no API key was given; send 'Authorization: Bearer KEY'", reason="NO_API_KEY")
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthenticated("the Authorization header must be 'Bearer KEY'", reason="BAD_AUTHORIZATION")
        key = self._keys.find(authorization[len(_SCHEME) :].strip())
        if key is None:
            # What was sent is left out: it may be a key for something else.
            raise Unauthenticated("nobody knows this API key; check it for typing errors", reason="UNKNOWN_API_KEY")
        return key
