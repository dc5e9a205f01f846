"""Where sessions and artifacts are kept."""
