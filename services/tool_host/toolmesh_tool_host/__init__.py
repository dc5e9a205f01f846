"""Deploys, watches, restarts and removes tool services on one machine."""
