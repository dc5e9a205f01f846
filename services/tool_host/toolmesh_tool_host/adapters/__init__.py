"""Files, environments, processes and the tool router."""
