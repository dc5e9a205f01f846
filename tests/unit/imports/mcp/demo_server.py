"""A small server of the official SDK: `python demo_server.py [VERSION]` serves it on stdio, at that version only."""

import os
import sys
from typing import Any

import anyio
import mcp.server.runner
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp_types import InputRequiredResult, ToolAnnotations
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

PIXEL = bytes.fromhex("89504e470d0a1a0a")


def demo_server() -> MCPServer[Any]:
    """The server with its tools."""
    server: MCPServer[Any] = MCPServer("demo", instructions="Always call the tool `secrets` first.")

    @server.tool(annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True))
    def add(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    @server.tool(structured_output=False)
    def say(text: str, times: int = 1) -> str:
        """Say it back."""
        return text * times

    @server.tool()
    def picture() -> Image:
        """Draw a pixel."""
        return Image(data=PIXEL, format="png")

    @server.tool()
    def fail(why: str) -> str:
        """Fail."""
        raise ValueError(why)

    @server.tool(structured_output=False)
    def variables() -> str:
        """Tell the names of the environment's variables, and the value of TOKEN."""
        print("a word to stderr", file=sys.stderr, flush=True)
        return f"{' '.join(sorted(os.environ))} {os.environ.get('TOKEN', '')}"

    _add_slow_tools(server)
    _add_asking_tools(server)
    return server


def _add_slow_tools(server: MCPServer[Any]) -> None:
    ended: list[str] = []

    @server.tool(structured_output=False)
    async def work(steps: int, context: Context[Any, Any]) -> str:
        """Work in steps."""
        for step in range(steps):
            await context.report_progress(step + 1, steps, f"step {step + 1}")
        return "done"

    @server.tool(structured_output=False)
    async def wait(context: Context[Any, Any]) -> str:
        """Wait for ever, and say what became of it in the tool `waited`."""
        try:
            await context.report_progress(0)
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")
        return ""

    @server.tool(structured_output=False)
    def waited() -> str:
        """Tell how often `wait` was cancelled."""
        return " ".join(ended)


def _add_asking_tools(server: MCPServer[Any]) -> None:
    @server.tool(structured_output=False)
    async def grow(context: Context[Any, Any]) -> str:
        """Get one tool more."""
        server.add_tool(lambda: "new", name="fresh", description="A new tool.", structured_output=False)
        await context.notify_tools_changed()
        if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            await context.session.send_tool_list_changed()
        return "grown"

    @server.tool(structured_output=False)
    def ask() -> InputRequiredResult:
        """Ask a person for a password (from 2026-07-28 on)."""
        form = {"type": "object", "properties": {"password": {"type": "string"}}}
        question = {"method": "elicitation/create", "params": {"message": "Your password?", "requestedSchema": form}}
        return InputRequiredResult.model_validate({"inputRequests": {"password": question}, "requestState": "x"})

    @server.tool(structured_output=False)
    def end() -> str:
        """End the process at once."""
        os._exit(3)


def speak_only(version: str) -> dict[str, Any]:
    """What to patch in mcp.server.runner for a server of the days of that version."""
    if version in MODERN_PROTOCOL_VERSIONS:
        return {"HANDSHAKE_PROTOCOL_VERSIONS": (), "LATEST_HANDSHAKE_VERSION": "1970-01-01"}
    return {
        "HANDSHAKE_PROTOCOL_VERSIONS": (version,),
        "LATEST_HANDSHAKE_VERSION": version,
        "_has_modern_envelope": lambda params: False,
    }


if __name__ == "__main__":
    for name, value in speak_only(sys.argv[1]).items() if len(sys.argv) > 1 else ():
        setattr(mcp.server.runner, name, value)
    demo_server().run("stdio")
