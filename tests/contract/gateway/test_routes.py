"""The table of routes against the protos, the table of methods, and what the architecture promises."""

import re
from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor

from toolmesh_gateway.api.faces.request_filler import path_parameters
from toolmesh_gateway.app.descriptors import arity_of, descriptor_of
from toolmesh_gateway.domain.methods import METHOD_OF, METHODS, NEIGHBOUR_OF
from toolmesh_gateway.domain.route_index import Match, NoMatch, RouteIndex
from toolmesh_gateway.domain.routes import ROUTES, Face, Route
from toolmesh_gateway.domain.scopes import ALL_SCOPES, ANY_KEY, OPEN

WITH_RPC = [route for route in ROUTES if route.rpc]
PROMISED = """
    POST /v1/runs | GET /v1/runs | GET /v1/runs/r | GET /v1/runs/r:stream | POST /v1/runs/r:cancel
    POST /v1/runs/r:approve | GET /v1/tools | GET /v1/tools/t | POST /v1/tools/t:invoke | GET /v1/tools:search
    POST /v1/tools:search | POST /v1/documents | GET /v1/documents | GET /v1/documents/d | DELETE /v1/documents/d
    GET /v1/documents:search | POST /v1/documents:search | GET /v1/sessions | POST /v1/sessions | GET /v1/sessions/s
    DELETE /v1/sessions/s | GET /v1/sessions/s/messages | POST /v1/artifacts | GET /v1/artifacts
    GET /v1/artifacts/a | DELETE /v1/artifacts/a | GET /v1/models | GET /v1/models/m | GET /v1/models/org/m:8b
    GET /v1/tool-services | POST /v1/tool-services | DELETE /v1/tool-services/n | POST /v1/chat/completions
    POST /v1/tool-deployments | GET /v1/tool-deployments | GET /v1/tool-deployments/n | DELETE /v1/tool-deployments/n
    GET /v1/tool-deployments/n/logs
    POST /v1/arena/battles | GET /v1/arena/battles | GET /v1/arena/battles/b | POST /v1/arena/battles/b:vote
    GET /v1/arena/leaderboard | GET /v1/arena/agents | POST /v1/arena/agents | DELETE /v1/arena/agents/a
    POST /v1/embeddings | GET /healthz | GET /readyz | GET /metrics | GET /openapi.json | GET /docs
    POST /mcp | GET /mcp | DELETE /mcp
"""


def name_of(route: Route) -> str:
    return f"{route.verb} {route.path}"


@pytest.mark.parametrize("promised", [item.strip() for item in re.split(r"[|\n]", PROMISED) if item.strip()])
def test_every_promised_route_is_there(promised: str) -> None:
    verb, path = promised.split()
    assert isinstance(RouteIndex(ROUTES).find(verb, path), Match)


def test_no_route_hides_another() -> None:
    index = RouteIndex(ROUTES)
    for position, route in enumerate(ROUTES):
        found = index.find(route.verb, route.path.replace("=**", "").replace("{", "").replace("}", ""))
        assert isinstance(found, Match), name_of(route)
        assert found.position == position, name_of(route)


@pytest.mark.parametrize(
    "path", ["", "/", "/v1", "/v1/runs/", "/v1/runs//", "/v1/runs/r/x", "/v1/tools:", "/v1/models/"]
)
def test_a_path_that_is_not_in_the_table_has_no_route(path: str) -> None:
    assert RouteIndex(ROUTES).find("GET", path) == NoMatch()


@pytest.mark.parametrize("route", WITH_RPC, ids=name_of)
def test_a_route_fits_its_rpc(route: Route) -> None:
    fields = descriptor_of(route.rpc).input_type.fields_by_name
    in_path = path_parameters(route.path)
    assert all(fields[name].type == FieldDescriptor.TYPE_STRING for name in in_path)
    assert all(name in fields for name in route.required)
    assert route.scope == METHOD_OF[route.rpc].scope
    if route.face is Face.CALL:
        assert arity_of(route.rpc) == "unary_unary"


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_route_needs_a_known_scope_or_is_open_on_purpose(route: Route) -> None:
    needs_none_of_all = route.scope == OPEN or (route.scope == ANY_KEY and route.is_mcp)
    assert route.scope in ALL_SCOPES or (needs_none_of_all and not route.path.startswith("/v1/"))


def test_every_method_of_the_services_behind_the_gateway_is_in_the_table() -> None:
    in_protos = {
        f"{service}/{method.name}"
        for service in NEIGHBOUR_OF
        for method in descriptor_of(next(m.rpc for m in METHODS if m.service == service)).containing_service.methods
    }
    assert in_protos == set(METHOD_OF)


def test_what_is_repeated_is_idempotent_by_its_comment(protos: Path) -> None:
    text = "\n".join(path.read_text() for path in protos.rglob("*_service.proto"))
    for method in METHODS:
        name = method.rpc.partition("/")[2]
        comments = re.findall(rf"((?:  //.*\n)+)  rpc {name}\(", text)
        assert comments, method.rpc
        said = " ".join(comments).lower()
        is_safe = any(word in said for word in ("idempotent", "reads only", "no side effect"))
        assert is_safe or not method.repeatable, method.rpc
