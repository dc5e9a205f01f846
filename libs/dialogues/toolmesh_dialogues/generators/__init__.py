"""Makers of dialogues behind one interface."""
