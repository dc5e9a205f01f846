"""What the memory service does, one use case a file, over the ports."""
