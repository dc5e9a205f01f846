"""What must not go into training data."""
