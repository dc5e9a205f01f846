"""The neighbours of the arena: SQLite, the planner, inference."""
