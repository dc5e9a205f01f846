"""`toolmesh data build`."""

import json
from pathlib import Path

from typer.testing import CliRunner

from toolmesh_cli.app import app


def test_the_command_writes_the_files_and_says_what_is_in_them(tmp_path: Path) -> None:
    arguments = ["data", "build", "--out", str(tmp_path), "--count", "60", "--seed", "2", "--written", "none"]
    said = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert said.exit_code == 0
    assert json.loads(said.stdout)["parts"]["train.jsonl"]["dialogues"] == 54
    table = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert "api_agnostic" in table.stdout
    assert {file.name for file in tmp_path.iterdir()} == {"train.jsonl", "held_out.jsonl", "card.md"}
