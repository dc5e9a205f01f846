"""Names of files, what may count as an answer, settings."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from toolmesh_core.errors import ToolError
from toolmesh_tool_code.api.results import to_result
from toolmesh_tool_code.domain.answers import PNG, BrokenProtocol, Outcome, read_answer
from toolmesh_tool_code.domain.file_names import check_file_name
from toolmesh_tool_code.domain.limits import AnswerLimits
from toolmesh_tool_code.settings import CodeSettings

LIMITS = AnswerLimits(characters=20, images=1, image_bytes=50, returned_bytes=60)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def message(**more: Any) -> bytes:
    plain = {"call": 3, "value": "1", "error": None, "images": [], "files": [], "changed": [], "notes": []}
    return json.dumps(plain | more).encode()


@pytest.mark.parametrize("name", ["a.csv", "data/in.txt", "数据.csv", ".hidden", "a..b"])
def test_a_path_below_the_folder_is_a_name(name: str) -> None:
    assert check_file_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "..", "../x", "a/../b", "a//b", "a/", "./a", "a\nb", "a\x00", "x" * 201, "\ud800"]
)
def test_what_is_no_path_below_the_folder_is_refused(name: str) -> None:
    with pytest.raises(ToolError) as caught:
        check_file_name(name)
    assert caught.value.reason == "BAD_FILE_NAME"


def test_an_answer_within_its_bounds_is_read() -> None:
    image = {"name": "f.png", "base64": encoded(PNG + b"x")}
    answer = read_answer(message(images=[image], changed=[{"name": "a", "size_bytes": 0}]), 3, LIMITS)
    assert (answer.value, answer.images[0].name, answer.changed[0].size_bytes) == ("1", "f.png", 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        message(call=2),
        message(call="x"),
        message(extra=1),
        message(value=7),
        message(value="x" * 21),
        message(error={"type": "E", "message": "m" * 21, "traceback": ""}),
        message(error={"type": "E"}),
        message(images=[{"name": "f.png", "base64": encoded(b"<script>")}]),
        message(images=[{"name": "f.png", "base64": encoded(PNG)}] * 2),
        message(files=[{"name": "f", "base64": "not base64"}]),
        message(files=[{"name": "f", "base64": encoded(bytes(61))}]),
        message(files=[{"name": "f", "base64": ""}] * 61),
        message(changed=[{"name": "a", "size_bytes": -1}]),
        message(notes=["x" * 401]),
    ],
)
def test_anything_else_is_no_answer(body: bytes) -> None:
    with pytest.raises(BrokenProtocol):
        read_answer(body, 3, LIMITS)


def test_a_session_that_ended_is_an_error_with_its_output() -> None:
    result = to_result(Outcome(None, "out", "err", "it exited with 3", ("a note",)), is_new=False)
    assert (result["stdout"], result["stderr"], result["session_ended"]) == ("out", "err", True)
    assert result["error"] is not None
    assert result["error"]["message"].endswith("it exited with 3")
    assert result["notes"] == ["a note"]


def test_plots_and_files_come_last_since_a_long_result_is_cut_in_the_middle() -> None:
    assert list(to_result(Outcome(None, "", "", "x"), is_new=True))[-2:] == ["images", "files"]


def test_settings_whose_answers_would_not_fit_into_a_message_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="MAX_RETURNED_BYTES"):
        CodeSettings(data_dir=tmp_path, max_returned_bytes=3_000_000)
