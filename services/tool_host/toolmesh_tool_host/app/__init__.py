"""What the tool host does, one use case a file."""
