"""A newcomer's own tools: a folder to begin with, a check of it, a process that serves it alone."""
