"""The text of an answer as it grows, over a restart of the planner that begins it anew."""

from toolmesh_core.errors import Internal


class AnswerText:
    """Says which piece is new; what was handed out is never taken back."""

    def __init__(self) -> None:
        self._written = ""
        self.handed_out = ""

    def add(self, piece: str) -> str:
        """The part of the answer that nobody has seen yet, after one more piece."""
        self._written += piece
        if not self._written.startswith(self.handed_out):
            # Written anew after a restart and not yet as far, or not the same: the end decides.
            return ""
        new = self._written[len(self.handed_out) :]
        self.handed_out = self._written
        return new

    def begin_anew(self) -> None:
        """The answer is written from its beginning again."""
        self._written = ""

    def end(self, whole: str) -> str:
        """The part of the whole answer that nobody has seen yet.

        Raises:
            Internal: what was handed out is not how the answer begins.
        """
        if not whole.startswith(self.handed_out):
            raise Internal("the answer was begun anew and became another; ask again", reason="ANSWER_CHANGED")
        new = whole[len(self.handed_out) :]
        self.handed_out = whole
        return new
