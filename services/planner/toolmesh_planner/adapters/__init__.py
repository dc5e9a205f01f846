"""The way out: the journal and one file a neighbour."""
