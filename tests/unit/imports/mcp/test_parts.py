"""The small parts: lines, last words, waits, progress, and the watch over what comes unasked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification

from toolmesh_imports.mcp.back_off import BackOff
from toolmesh_imports.mcp.line_framing import LineSplitter, LongLine
from toolmesh_imports.mcp.server_state import Progress, progress_of
from toolmesh_imports.mcp.session_watch import SessionWatch
from toolmesh_imports.mcp.stdio_transport import LastWords
from toolmesh_testing.clock import FakeClock


@given(st.lists(st.binary(max_size=30), max_size=20), st.integers(1, 7))
def test_lines_are_the_same_however_they_are_cut(lines: list[bytes], cut: int) -> None:
    whole = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    splitter = LineSplitter(20)
    found = [line for at in range(0, len(whole), cut) for line in splitter.feed(whole[at : at + cut])]
    assert [LongLine(line) if len(line) > 20 else line for line in whole.split(b"\n")[:-1]] == [
        LongLine(whole_line) if isinstance(line, LongLine) else line
        for line, whole_line in zip(found, whole.split(b"\n"), strict=False)
    ]


def test_a_line_that_is_too_long_is_kept_no_further_than_its_head() -> None:
    splitter = LineSplitter(1000)
    assert splitter.feed(b"x" * 10_000) == []
    assert splitter.open_bytes == 10_000
    (line,) = splitter.feed(b"y\n")
    assert line == LongLine(b"x" * 200)
    assert splitter.feed(b"next\n") == [b"next"]


def test_the_last_words_are_the_end_of_what_was_said() -> None:
    words = LastWords(10)
    for number in range(1000):
        words.add(b"%d," % number)
    assert words.text() == "7,998,999,"


def test_waits_double_up_to_the_last_and_begin_anew_after_a_long_session() -> None:
    clock = FakeClock()
    back_off = BackOff(0.5, 3.0, clock)
    assert [back_off.wait_s() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    back_off.opened()
    clock.advance(1.0)
    assert back_off.wait_s() == 3.0
    back_off.opened()
    clock.advance(3.1)
    assert back_off.wait_s() == 0.5


@pytest.mark.parametrize(
    ("done", "total", "fraction"),
    [(1, 4, 0.25), (9, 4, 1.0), (-1, 4, 0.0), (1, None, 0.0), (1, 0, 0.0), (float("nan"), 1, 0.0), (1, 1e999, 0.0)],
)
def test_progress_is_a_fraction_or_nothing(done: float, total: float | None, fraction: float) -> None:
    assert progress_of(done, total, "a\nb") == Progress(fraction, "a b")


def test_unasked_messages_are_counted_anew_every_ten_seconds() -> None:
    clock = FakeClock()
    watch = SessionWatch(3, clock)
    notice = SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="x"))
    assert [watch.admits(notice) for _ in range(3)] == [True] * 3
    clock.advance(10.0)
    assert [watch.admits(notice) for _ in range(4)] == [True, True, True, False]
    assert watch.ended.is_set()
