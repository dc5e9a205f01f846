"""Takes the text out of files; runs as a process of its own, see __main__."""
