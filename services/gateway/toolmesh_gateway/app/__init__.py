"""Use cases of the door, each against ports."""
