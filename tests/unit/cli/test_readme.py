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
    groups = {"toolmesh": root} | {
        f"toolmesh {name}": command for name, command in root.commands.items() if hasattr(command, "commands")
    }
    assert {group for group, _ in ROWS} == set(groups)
    for group, names in ROWS:
        single = {name for name, command in groups[group].commands.items() if not hasattr(command, "commands")}
        assert set(names.split()) == single, group
