"""What memory's README says of its settings and RPCs is so."""

import re
from pathlib import Path

from toolmesh.memory.v1 import memory_service_pb2
from toolmesh_core.settings import ServiceSettings
from toolmesh_memory.settings import MemorySettings

README = (Path(__file__).parents[3] / "services" / "memory" / "README.md").read_text()
SETTINGS = dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^`|]+?)`? \|", README, re.MULTILINE))


def test_every_setting_of_its_own_is_in_the_table_with_its_default() -> None:
    own = {
        name.upper(): str(field.default)
        for name, field in MemorySettings.model_fields.items()
        if field.default != getattr(ServiceSettings.model_fields.get(name), "default", None)
    }
    assert own == SETTINGS


def test_every_rpc_is_named() -> None:
    service = memory_service_pb2.DESCRIPTOR.services_by_name["MemoryService"]
    for method in service.methods:
        assert f"`{method.name}`" in README
