"""Out: the file that says what to import."""
