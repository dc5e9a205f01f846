"""What the tool router does, one use case a file."""
