"""What is generated, scored and embedded: data and rules, no I/O."""
