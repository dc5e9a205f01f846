"""What the SDK's README promises is there."""

import re
from pathlib import Path

from toolmesh_sdk import Client

README = Path(__file__).parents[3] / "libs" / "sdk" / "README.md"
ROWS = re.findall(r"^\| `(client[\w.]*)` \| (.+) \|$", README.read_text(), re.MULTILINE)


def words_of(cell: str) -> set[str]:
    return {word for code in re.findall(r"`([\w ]+)`", cell) for word in code.split()} - {"ToolError"}


def test_the_table_names_every_call_and_no_other() -> None:
    with Client(api_key="key") as client:
        for path, cell in ROWS:
            target = client if path == "client" else getattr(client, path.removeprefix("client."))
            calls = {name for name in dir(target) if not name.startswith("_") and callable(getattr(target, name))}
            assert words_of(cell) == calls, path
        assert {path for path, _ in ROWS} == {"client"} | {
            f"client.{name}" for name in vars(client) if name[0] != "_" and name != "base_url"
        }


def test_the_python_in_it_compiles() -> None:
    blocks = re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", README.read_text(), re.MULTILINE)
    code = "\n".join(line[4:] for line in blocks[0].splitlines())
    awaited = code.partition("async with")
    compile(awaited[0], str(README), "exec")
    compile("async def main():\n" + "\n".join(f"    {line}" for line in "".join(awaited[1:]).splitlines()), "x", "exec")
