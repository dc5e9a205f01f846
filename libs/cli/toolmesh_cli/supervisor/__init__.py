"""Runs the whole platform on one machine: each service a process of its own, started, watched, restarted, stopped."""
