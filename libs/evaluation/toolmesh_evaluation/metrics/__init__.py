"""What is measured; README.md defines each metric."""
