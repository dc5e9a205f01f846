"""Finds the route of a verb and a path without trying them one by one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from toolmesh_gateway.domain.routes import Route

_PARAMETER = re.compile(r"\{(\w+)\}\Z")
# The rest of the path, slashes and colons included: a model's id may hold both.
_REST = re.compile(r"(/.*)/\{(\w+)=\*\*\}\Z")
_ByVerb = dict[str, tuple[int, tuple[str, ...]]]


@dataclass(slots=True)
class _Node:
    """A place in the tree of path segments."""

    literal: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    # By the text after the last colon ("" for none), then by verb: the route's place and its parameters' names.
    ends: dict[str, _ByVerb] = field(default_factory=dict)
    rest: _ByVerb | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A found route: its place in the table and the texts of its parameters."""

    position: int
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """No route: with `allowed`, the path exists under other verbs."""

    allowed: tuple[str, ...] = ()


class RouteIndex:
    """The table of routes as a tree."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._root = _Node()
        for position, route in enumerate(routes):
            self._add(position, route)

    def _add(self, position: int, route: Route) -> None:
        rest = _REST.match(route.path)
        head, custom_verb = (rest[1], "") if rest else _split(route.path)
        node, names = self._root, []
        for segment in head.split("/")[1:]:
            parameter = _PARAMETER.match(segment)
            if parameter:
                names.append(parameter[1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literal.setdefault(segment, _Node())
        if rest:
            node.rest = node.rest or {}
            node.rest[route.verb] = (position, (*names, rest[2]))
        else:
            node.ends.setdefault(custom_verb, {})[route.verb] = (position, tuple(names))

    def find(self, verb: str, path: str) -> Match | NoMatch:
        """The route, or the verbs that the path does allow."""
        head, custom_verb = _split(path)
        node, texts = self._root, []
        segments = head.split("/")[1:]
        for place, segment in enumerate(segments):
            following = node.literal.get(segment)
            if following is None:
                if node.rest is not None and segment:
                    texts.append("/".join(path.split("/")[place + 1 :]))
                    return _pick(node.rest, verb, texts)
                following = node.parameter
                if following is None or not segment:
                    return NoMatch()
                texts.append(segment)
            node = following
        by_verb = node.ends.get(custom_verb)
        return NoMatch() if by_verb is None else _pick(by_verb, verb, texts)


def _pick(by_verb: _ByVerb, verb: str, texts: list[str]) -> Match | NoMatch:
    found = by_verb.get(verb)
    if found is None:
        return NoMatch(tuple(sorted(by_verb)))
    position, names = found
    return Match(position, dict(zip(names, texts, strict=True)))


def _split(path: str) -> tuple[str, str]:
    """A path and its custom verb: "/v1/runs/r:cancel" is "/v1/runs/r" and "cancel"."""
    last = path.rfind("/")
    colon = path.rfind(":")
    return (path[:colon], path[colon + 1 :]) if last < colon < len(path) - 1 else (path, "")
