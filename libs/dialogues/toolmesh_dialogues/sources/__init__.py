"""Public data sets turned into dialogues."""
