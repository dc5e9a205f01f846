"""The operator: Tools of a cluster, kept running as their owners wrote."""
