"""Tool-use dialogues: the format, the generators, the sources, the filters."""
