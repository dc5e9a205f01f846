"""Sources, deployments and their bounds: rules and data, no I/O."""
