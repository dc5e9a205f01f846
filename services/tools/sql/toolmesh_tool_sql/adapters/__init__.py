"""The databases file, the worker process, and the two engines."""
