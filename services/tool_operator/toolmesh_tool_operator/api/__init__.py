"""What comes in: events of the cluster."""
