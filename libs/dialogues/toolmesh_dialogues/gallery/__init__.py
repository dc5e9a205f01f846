"""Tools to make dialogues about, and where they come from."""
