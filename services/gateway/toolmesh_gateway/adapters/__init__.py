"""What the gateway reaches out to: neighbours and key files."""
