"""Dialogues from templates and typed values, without a model."""
