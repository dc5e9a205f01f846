"""Server-sent events, as the HTML standard (section 9.2) frames them; takes bytes as they come."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class ServerSentEvent:
    """One event; several data lines are joined by a newline."""

    event: str = ""
    identity: str = ""
    data_lines: list[str] = field(default_factory=list)

    @property
    def data(self) -> str:
        """The event's text."""
        return "\n".join(self.data_lines)


class ServerSentEventDecoder:
    """Keeps what is incomplete until the rest comes.

    Only CR, LF and CRLF end a line; str.splitlines would also break at U+2028, which may stand inside JSON.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._event = ServerSentEvent()

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """The events that are complete with these bytes."""
        buffer = self._rest + data
        # A CR at the end may be half of a CRLF.
        held = b"\r" if buffer.endswith(b"\r") else b""
        lines = buffer.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + held
        for line in lines:
            if line:
                self._take(line.decode("utf-8", "replace"))
            elif self._event.data_lines:
                yield self._event
                self._event = ServerSentEvent()
            else:
                self._event = ServerSentEvent()

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._event.data_lines.append(value)
        elif name == "event":
            self._event.event = value
        elif name == "id":
            self._event.identity = value
