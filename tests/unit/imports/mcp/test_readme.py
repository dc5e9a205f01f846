"""What the README promises."""

import re
from pathlib import Path
from typing import Any

import pytest

LIBRARY = Path(__file__).parents[4] / "libs" / "imports"
README = LIBRARY / "README.md"


async def test_the_readmes_server_is_called_by_the_readmes_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, client = re.findall(r"```python\n(.*?)```", README.read_text().partition("## MCP servers")[2], re.DOTALL)
    (tmp_path / "weather_server.py").write_text(server)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "example"}
    exec(client, names)
    assert await names["main"]() == "rain in Oslo"


def test_the_readme_names_every_reason_of_a_tool_error() -> None:
    sources = "".join(path.read_text() for path in (LIBRARY / "toolmesh_imports" / "mcp").glob("*.py"))
    reasons = set(re.findall(r'"([A-Z]+_[A-Z_]+)"', sources)) - {"TOOL_TIMEOUT", "BAD_SCHEMA", "PLAIN_SECRETS"}
    assert {reason for reason in reasons if reason not in README.read_text().partition("## MCP servers")[2]} == set()
