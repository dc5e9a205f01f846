"""What the README shows works."""

import re
from pathlib import Path
from typing import Any

import pytest

from toolmesh_core.errors import NotFound
from toolmesh_imports.openapi import OpenApiCaller

README = Path(__file__).parents[4] / "libs/imports/README.md"


async def test_the_example_of_the_readme_imports_and_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    async def call(caller: OpenApiCaller, tool: Any, arguments: Any) -> str:
        calls.append((tool.name, tool.arguments.check(arguments)))
        return "called"

    monkeypatch.setattr(OpenApiCaller, "call", call)
    (example,) = re.findall(r"```python\n(import os\n.*?)```", README.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    assert await names["main"]() == "called"
    assert calls == [("get_album", [])]
    assert names["api"].unmet_schemes == ()
    with pytest.raises(NotFound, match="ALBUMS_SECRET_MAIN"):
        await names["Environment"]().secret("MAIN")


def test_the_readme_names_every_reason_of_an_error() -> None:
    folders = ("libs/imports/toolmesh_imports/openapi", "libs/core/toolmesh_core/egress")
    sources = [path.read_text() for folder in folders for path in (README.parents[2] / folder).glob("*.py")]
    reasons = {reason for text in sources for reason in re.findall(r'reason="([A-Z_]+)"', text)}
    told = README.read_text()
    assert [reason for reason in sorted(reasons - {"BAD_OPENAPI", "NO_OPERATION"}) if f"`{reason}`" not in told] == []
