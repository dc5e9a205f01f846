"""MCP's face: every tool of the router, over streamable HTTP at /mcp."""
