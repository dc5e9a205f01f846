"""Writes docs/settings.md from the services' own settings classes: `make docs`."""

import importlib
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from toolmesh_core.settings import ServiceSettings

ROOT = Path(__file__).parents[1]
HEAD = """# Settings

Environment variables; a service that finds a bad one lists all that are wrong and does not start. `toolmesh up` sets
addresses and folders itself; what you set wins. `TOOLMESH_DATA_DIR` says where all state is (`.toolmesh` here),
`TOOLMESH_URL` where the command line and the SDK find the platform, `TOOLMESH_API_KEY` with which key.
This page is made from the code by `make docs`.
"""


def settings_classes() -> list[type[ServiceSettings]]:
    """The settings class of each service, by the service's name."""
    packages = sorted(path.parent.name for path in ROOT.glob("services/**/toolmesh_*/settings.py"))
    modules = [importlib.import_module(f"{package}.settings") for package in packages]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, ServiceSettings) and value.__module__ == module.__name__
    ]


def page() -> str:
    """The whole page."""
    common = ServiceSettings.model_fields
    parts = [HEAD, "\n## Every service\n\n`<SERVICE>` is its name, such as `PLANNER` or `TOOL_DATA`.\n\n"]
    parts.append(_table("TOOLMESH_<SERVICE>_", common))
    for cls in settings_classes():
        own = {
            name: field
            for name, field in cls.model_fields.items()
            if name not in common or field.default != common[name].default
        }
        prefix = str(cls.model_config["env_prefix"])
        parts.append(f"\n## {prefix.removeprefix('TOOLMESH_').rstrip('_').lower()}\n\n{_table(prefix, own)}")
    return "".join(parts)


def _table(prefix: str, fields: dict[str, Any]) -> str:
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in fields.items():
        variable = field.validation_alias if isinstance(field.validation_alias, str) else f"{prefix}{name.upper()}"
        rows.append(
            f"| `{variable}` | {_default(field.get_default(call_default_factory=False))} | {field.description} |"
        )
    return "\n".join(rows) + "\n"


def _default(value: Any) -> str:
    if isinstance(value, SecretStr) or value is PydanticUndefined or value in ("", None, (), []):
        return ""
    return f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write(page())
