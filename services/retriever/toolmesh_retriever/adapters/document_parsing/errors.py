"""What a reader says of a file it cannot read."""


class UnreadableError(Exception):
    """The message says what is wrong with the file and what to do."""
