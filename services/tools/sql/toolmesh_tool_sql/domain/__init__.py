"""What is known of databases and values: no connections."""
