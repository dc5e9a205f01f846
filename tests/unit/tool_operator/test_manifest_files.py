"""The files under k8s/ are what Kubernetes takes, and the CRD says what the operator reads."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_operator.domain.tool import ToolSpec, read_tool

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT.parent / "shared/schemas/kubernetes-crds"
KUBERNETES = "1.37"
FOLDERS = ("crds", "operator", "examples")
OWN_GROUPS = ("apps", "policy", "autoscaling", "batch", "v1")


def bodies() -> list[tuple[str, dict[str, Any]]]:
    files = sorted(file for folder in FOLDERS for file in (ROOT / "k8s" / folder).glob("*.yaml"))
    return [
        (f"{file.relative_to(ROOT)} {body['kind']} {body.get('metadata', {}).get('name', '')}", body)
        for file in files
        for body in yaml.safe_load_all(file.read_text())
        if body and "apiVersion" in body
    ]


def crd_schema() -> dict[str, Any]:
    crd = yaml.safe_load((ROOT / "k8s/crds/tool.yaml").read_text())
    schema: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def strict(schema: Any) -> Any:
    """A structural schema prunes what it does not name; here such a field is an error."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed["additionalProperties"] = False
    return closed


@pytest.mark.parametrize("body", [body for _, body in bodies()], ids=[name for name, _ in bodies()])
def test_every_file_is_valid(body: dict[str, Any]) -> None:
    group, _, version = body["apiVersion"].rpartition("/")
    if body["kind"] == "Tool":
        schema = strict(crd_schema())
        schema["properties"]["metadata"] = {"type": "object"}
        jsonschema.validate(body, schema)
        read_tool({**body, "metadata": {**body["metadata"], "uid": "uid-1"}})
    elif group in ("", *OWN_GROUPS) or group.endswith(".k8s.io"):
        kubernetes_validate.validate(body, KUBERNETES, strict=True)
    else:
        path = SCHEMAS / group / f"{body['kind'].lower()}_{version}.json"
        if not path.exists():
            pytest.skip(f"the schema of {body['apiVersion']} {body['kind']} is not here: {path}")
        jsonschema.validate(body, json.loads(path.read_text()))


def test_the_crd_names_the_fields_that_the_operator_reads() -> None:
    assert set(crd_schema()["properties"]["spec"]["properties"]) == set(ToolSpec.model_fields)


def test_the_crd_and_the_operator_have_the_same_defaults() -> None:
    properties = crd_schema()["properties"]["spec"]["properties"]
    said = {name: field["default"] for name, field in properties.items() if "default" in field}
    assert said == {name: ToolSpec.model_fields[name].default for name in said}
    scaling = properties["autoscaling"]["properties"]
    read = read_tool(tool_body(image="x", autoscaling={"max": 3})).spec.autoscaling
    assert read is not None
    assert (scaling["min"]["default"], scaling["targetCPU"]["default"]) == (read.min, read.targetCPU)


@pytest.mark.parametrize(
    "spec",
    [
        {"image": ""},
        {"image": "x", "port": 80},
        {"image": "x", "replicas": -1},
        {"image": "x", "timeoutSeconds": 0},
        {"image": "x", "autoscaling": {"max": 0}},
        {"image": "x", "network": {"egress": [{"cidr": "everywhere"}]}},
        {"image": "x", "network": {"hosts": ["https://example.com"]}},
        {"source": {}},
    ],
)
def test_what_the_crd_refuses_the_operator_refuses_too(spec: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec, crd_schema()["properties"]["spec"])
    with pytest.raises(InvalidInput):
        read_tool(tool_body(**spec))


def tool_body(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "greeting", "namespace": "tools", "uid": "uid-1"}, "spec": spec}
