"""What an evaluation leaves behind: figures, plots, and where it fails."""
