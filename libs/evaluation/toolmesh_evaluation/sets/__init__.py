"""Evaluation sets: each reads a public format from a folder and gives cases."""
