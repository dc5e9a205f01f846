"""The README's example works as it is printed."""

import re
from pathlib import Path

from unit.imports.grpc_reflection.kinds_server import Running

import toolmesh_imports.grpc_reflection as grpc_reflection

README = Path(grpc_reflection.__file__).parents[2] / "README.md"


async def test_the_example_of_the_readme_works(server: Running) -> None:
    names: dict[str, object] = {}
    found = re.search(r"```python\n(.*?)```", README.read_text().partition("## gRPC services")[2], re.DOTALL)
    assert found
    exec(found[1], names)
    assert await names["main"](server.address) == '{"value":"3","padding":""}'  # type: ignore[operator]
