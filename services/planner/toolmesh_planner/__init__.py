"""Runs: from a request to its answer, every step durable."""
