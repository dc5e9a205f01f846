"""What the README of the arena says of its settings and RPCs is so."""

import re
from pathlib import Path

from toolmesh.arena.v1 import arena_service_pb2
from toolmesh_arena.settings import ArenaSettings
from toolmesh_core.settings import ServiceSettings

README = (Path(__file__).parents[3] / "services" / "arena" / "README.md").read_text()
SETTINGS = dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^`|]+?)`? \|", README, re.MULTILINE))


def test_every_setting_of_its_own_is_in_the_table_with_its_default() -> None:
    own = {
        name.upper(): str(field.default or "none")
        for name, field in ArenaSettings.model_fields.items()
        if field.default != getattr(ServiceSettings.model_fields.get(name), "default", None)
    }
    assert own == SETTINGS


def test_every_rpc_is_named() -> None:
    service = arena_service_pb2.DESCRIPTOR.services_by_name["ArenaService"]
    for method in service.methods:
        assert f"`{method.name}`" in README
