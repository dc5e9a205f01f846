"""The tool router's neighbours: SQLite, tool services, memory, metrics."""
