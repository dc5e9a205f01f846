"""What the retriever's README says of its settings and RPCs is so."""

import re
from pathlib import Path

from toolmesh.retriever.v1 import retriever_service_pb2
from toolmesh_core.settings import ServiceSettings
from toolmesh_retriever.settings import RetrieverSettings

README = (Path(__file__).parents[3] / "services" / "retriever" / "README.md").read_text()
SETTINGS = dict(re.findall(r"^\| `([A-Z_]+)` \| ?`?([^`|]*?)`? ?\|", README, re.MULTILINE))


def test_every_setting_of_its_own_is_in_the_table_with_its_default() -> None:
    own = {
        name.upper(): str(field.default)
        for name, field in RetrieverSettings.model_fields.items()
        if name == "data_dir" or name not in ServiceSettings.model_fields
    }
    assert own == SETTINGS


def test_every_rpc_is_named() -> None:
    service = retriever_service_pb2.DESCRIPTOR.services_by_name["RetrieverService"]
    for method in service.methods:
        assert f"`{method.name}`" in README
