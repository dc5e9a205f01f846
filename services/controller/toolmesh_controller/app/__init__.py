"""Use cases of the controller and the ports they need."""
