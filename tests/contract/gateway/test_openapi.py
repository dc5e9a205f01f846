"""The OpenAPI document: true to the table of routes, whole in itself, and made from today's protos."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from toolmesh_gateway.api.openapi.describe import DESCRIBED, describe
from toolmesh_gateway.api.openapi.document import openapi_document
from toolmesh_gateway.api.openapi.page import DOCS_POLICY, docs_html
from toolmesh_gateway.domain.routes import ROUTES, Route

DOCUMENT = openapi_document()


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def operation_of(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][route.path.replace("=**", "")][route.verb.lower()]
    return found


def test_the_shipped_comments_are_those_of_the_protos(protos: Path) -> None:
    assert describe(protos) == DESCRIBED.read_bytes(), "run: python -m toolmesh_gateway.api.openapi.describe protos"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.verb} {route.path}")
def test_every_route_is_described(route: Route) -> None:
    operation = operation_of(route)
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert (operation.get("security") == []) == (route.scope == "")
    in_path = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
    assert in_path == set(re.findall(r"\{(\w+)", route.path))
    assert "default" in operation["responses"]


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere() -> None:
    for node in walk(DOCUMENT):
        if "$ref" in node:
            assert node["$ref"].removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_json_schema(name: str) -> None:
    jsonschema_rs.meta.validate(DOCUMENT["components"]["schemas"][name])


def test_every_field_of_a_message_has_its_comment() -> None:
    run = DOCUMENT["components"]["schemas"]["Run"]
    assert run["description"] == "One request in plain language and all that was done for it."
    assert all(schema["description"] for schema in run["properties"].values())
    assert run["properties"]["state"]["enum"] == [
        "running",
        "waiting_for_approval",
        "succeeded",
        "failed",
        "cancelled",
    ]


def test_what_callers_may_not_set_is_not_in_a_body() -> None:
    for route in ROUTES:
        content = operation_of(route).get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        assert not {"user", "context", "result_only"} & set(schema.get("properties", {})) or route.is_openai


def test_the_page_runs_only_its_own_script_and_fetches_nothing_from_elsewhere() -> None:
    page = docs_html().decode()
    assert not re.findall(r"(?:src|href)=\"(?!/openapi\.json)", page)
    assert "http://" not in page
    assert "https://" not in page
    assert re.fullmatch(rb"default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; .*", DOCS_POLICY)
