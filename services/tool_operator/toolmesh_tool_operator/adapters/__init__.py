"""Neighbours: the Kubernetes API and the tool router."""
