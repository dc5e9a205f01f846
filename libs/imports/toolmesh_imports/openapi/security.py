"""Which secrets an operation's calls carry, by reference: a document names schemes, only the options name secrets."""

from collections.abc import Mapping

from toolmesh_imports.openapi.node import Node
from toolmesh_imports.openapi.operation import Credential, CredentialKind

_API_KEY_PLACES: Mapping[str, CredentialKind] = {"header": "header", "query": "query", "cookie": "cookie"}


def read_schemes(root: Node) -> dict[str, Node]:
    """The security schemes by name."""
    components = root.get("components")
    schemes = components.get("securitySchemes") if components else None
    return {name: node.followed() for name, node in schemes.items()} if schemes else {}


def check_named(schemes: Mapping[str, Node], secrets: Mapping[str, str], root: Node) -> None:
    """Each scheme that has been given a secret is there.

    Raises:
        InvalidInput: not so.
    """
    if unknown := sorted(secrets.keys() - schemes.keys()):
        there = ", ".join(schemes) or "none"
        raise root.wrong(f"has no security scheme {unknown[0]!r}; there are {there}")


def credentials_of(
    root: Node, operation: Node, schemes: Mapping[str, Node], secrets: Mapping[str, str]
) -> tuple[tuple[Credential, ...], tuple[str, ...]]:
    """The credentials of the first alternative that has all its secrets; else the schemes of the first, unmet.

    Raises:
        InvalidInput: a requirement names no scheme, or a scheme is none, with its place.
    """
    required = operation.get("security") or root.get("security")
    alternatives = [] if required is None else [_names(element, schemes) for element in required.elements()]
    for names in alternatives:
        if names and all(name in secrets for name in names):
            return tuple(_credential(schemes[name], secrets[name]) for name in names), ()
    if not alternatives or [] in alternatives:
        return (), ()
    return (), tuple(name for name in alternatives[0] if name not in secrets)


def _names(requirement: Node, schemes: Mapping[str, Node]) -> list[str]:
    names = list(requirement.mapping())
    for name in names:
        if name not in schemes:
            raise requirement.wrong(f"{name!r} is no scheme of components/securitySchemes")
    return names


def _credential(scheme: Node, reference: str) -> Credential:
    kind = scheme.text("type")
    if kind in ("oauth2", "openIdConnect"):
        return Credential("bearer", "Authorization", reference)
    if kind == "http":
        way = scheme.text("scheme").lower()
        if way == "basic":
            return Credential("basic", "Authorization", reference)
        if way == "bearer":
            return Credential("bearer", "Authorization", reference)
        raise scheme.at("scheme").wrong(f"only 'basic' and 'bearer' can be used, got {way!r}")
    if kind == "apiKey":
        place, name = scheme.text("in"), scheme.text("name")
        if place in _API_KEY_PLACES and name:
            return Credential(_API_KEY_PLACES[place], name, reference)
        raise scheme.wrong("must have a 'name', and an 'in' that is header, query or cookie")
    raise scheme.at("type").wrong(f"only apiKey, http, oauth2 and openIdConnect can be used, got {kind!r}")
