"""The calls of the REST API, one group a file; each function describes one call."""
