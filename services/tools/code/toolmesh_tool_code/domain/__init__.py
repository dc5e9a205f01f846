"""The rules of the code interpreter: no processes, no files."""
