"""What the platform answers, as frozen pydantic models."""
