"""What can be done in the arena, one use case a file."""
