"""Dialogues from a language model in three roles."""
