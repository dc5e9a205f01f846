"""A tool service that serves one import."""
