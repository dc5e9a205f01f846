"""The gateway: the one door of ToolMesh, without business rules or state of its own."""
