"""Keeps a streamed answer whole when the controller has to be asked again in the middle of it."""


class AnswerRelay:
    """Lets through what watchers have not seen yet; where a second try says something else, it says no more.

    The decision that follows carries the whole answer either way.
    """

    def __init__(self) -> None:
        self.seen = ""
        self._current = ""

    def begin(self) -> None:
        """A new try begins."""
        self._current = ""

    def take(self, delta: str) -> str:
        """The part of the next piece that is new; empty for none."""
        self._current += delta
        if len(self._current) <= len(self.seen) or not self._current.startswith(self.seen):
            return ""
        new = self._current[len(self.seen) :]
        self.seen = self._current
        return new
