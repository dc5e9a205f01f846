"""DNS, connections, bodies and the HTML process."""
