"""What every ToolMesh service shares; import the module you need, this package exports nothing itself."""
