"""Engines and what they stand on."""
