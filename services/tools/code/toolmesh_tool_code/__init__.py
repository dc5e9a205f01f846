"""A code interpreter: Python in a sandbox that a program cannot leave."""
