"""Makes ToolMesh tools of what others describe; each kind of description is a package of its own."""
