"""The tools that an import would make, made here without deploying anything."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolmesh_cli.output import say, write_json, write_table
from toolmesh_cli.plain_text import one_line

if TYPE_CHECKING:
    from toolmesh.tool.v1.tool_pb2 import Tool
    from toolmesh.tool_host.v1.source_pb2 import DeploymentSource

# Where the host finds them too, when it runs in this environment.
SECRETS_PREFIX = "TOOLMESH_TOOL_HOST_SECRET_"


@dataclass(frozen=True)
class Preview:
    """What an import would be.

    Attributes:
        left_out: names of what is no tool, and why.
    """

    title: str
    tools: "tuple[Tool, ...]"
    left_out: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    def to_json(self, name: str) -> dict[str, Any]:
        """For machines."""
        tools = [
            {
                "name": tool.name,
                "description": tool.description,
                "read_only": tool.read_only,
                "needs_approval": tool.needs_approval,
                "tags": list(tool.tags),
            }
            for tool in self.tools
        ]
        left_out = [{"name": left, "why": why} for left, why in self.left_out]
        return {"name": name, "tools": tools, "left_out": left_out, "warnings": list(self.warnings)}


def preview(source: "DeploymentSource", name: str) -> Preview:
    """Opens the import here, reads it, and closes it: a command is started, an address is asked.

    Raises:
        ToolMeshError: it cannot be made.
    """
    return asyncio.run(_preview(source, name))


async def _preview(source: "DeploymentSource", name: str) -> Preview:
    from toolmesh_imports.secret_source import EnvironmentSecrets
    from toolmesh_imports.sources import open_source

    async with open_source(source, name, EnvironmentSecrets(SECRETS_PREFIX)) as opened:
        tools = sorted((tool.definition for tool in opened.tools), key=lambda tool: tool.name)
        left_out = tuple((left.name, left.why) for left in opened.left_out)
        return Preview(opened.title, tuple(tools), left_out, opened.warnings)


def show(found: Preview, name: str, *, as_json: bool) -> None:
    """The tools, what is left out, and what to mind."""
    if as_json:
        write_json(found.to_json(name))
        return
    rows = [(tool.name, _habit(tool), one_line(tool.description, 100)) for tool in found.tools]
    write_table(("name", "habit", "description"), rows, "no tools")
    for left, why in found.left_out:
        say(f"left out: {one_line(left)}: {one_line(why, 300)}")
    warn(found)


def warn(found: Preview) -> None:
    """What to mind."""
    for warning in found.warnings:
        say(f"mind: {warning}")


def _habit(tool: "Tool") -> str:
    return "reads" if tool.read_only else "asks a person" if tool.needs_approval else "writes"
