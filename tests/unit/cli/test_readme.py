"""What the README of the command line promises is there."""

import re
from pathlib import Path
from typing import Any

from typer.main import get_command

from toolmesh_cli.app import app

README = Path(__file__).parents[3] / "libs" / "cli" / "README.md"
ROWS = re.findall(r"^\| `(toolmesh[\w ]*)` \| `(.+)` \|$", README.read_text(), re.MULTILINE)


def test_the_table_names_every_command_and_no_other() -> None:
    root: Any = get_command(app)
    groups = groups_of("toolmesh", root)
    assert {group for group, _ in ROWS} == set(groups)
    for group, names in ROWS:
        single = {name for name, command in groups[group].commands.items() if not hasattr(command, "commands")}
        assert set(names.split()) == single, group


def groups_of(name: str, group: Any) -> dict[str, Any]:
    """A group and those inside it, by what one types."""
    inner = [(part, command) for part, command in group.commands.items() if hasattr(command, "commands")]
    found = {name: group}
    for part, command in inner:
        found |= groups_of(f"{name} {part}", command)
    return found
