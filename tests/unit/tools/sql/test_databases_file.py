"""The operator's file of databases: read strictly, secrets from the environment only."""

from pathlib import Path

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_tool_sql.adapters.databases_file import read_databases


def write(folder: Path, text: str) -> Path:
    path = folder / "databases.yaml"
    path.write_text(text)
    return path


def test_a_database_is_read_only_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").touch()
    file = write(tmp_path, "databases: {shop: {sqlite: shop.sqlite, about: Orders}}")
    shop = read_databases(file, {})["shop"]
    assert (shop.kind, shop.where) == ("sqlite", str(tmp_path / "shop.sqlite"))
    assert (shop.allow_writes, shop.allow_powerful_role, shop.about) == (False, False, "Orders")


def test_a_dsn_comes_from_a_secret_and_is_not_shown(tmp_path: Path) -> None:
    file = write(tmp_path, "databases: {warehouse: {postgres_secret: wh}}")
    found = read_databases(file, {"TOOLMESH_TOOL_SQL_SECRET_WH": "postgresql://u:hidden@h/d"})["warehouse"]
    assert found.where == "postgresql://u:hidden@h/d"
    assert "hidden" not in repr(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("databases: {shop: {sqlite: missing.sqlite}}", "no file 'missing.sqlite'"),
        ("databases: {shop: {postgres_secret: wh}}", "set TOOLMESH_TOOL_SQL_SECRET_WH"),
        ("databases: {shop: {}}", "give either"),
        ("databases: {shop: {sqlite: a, postgres_secret: b}}", "give either"),
        ("databases: {shop: {sqlite: a, allow_write: true}}", "allow_write"),
        ("databases: {'1 shop': {sqlite: a}}", "1 shop"),
        ("databases: [", "no YAML"),
        ("{}", "databases"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said.replace("(", "\\(")):
        read_databases(write(tmp_path, text), {})
