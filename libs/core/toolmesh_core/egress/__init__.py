"""What each request to the outside obeys: listed hosts, checked addresses, bounded bodies. Needs the extra "egress"."""
