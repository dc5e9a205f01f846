"""Measures how well a model controls tools, through the same controller, inference and retriever as in production."""
