"""Dialogues as JSON lines."""

from pathlib import Path

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_dialogues.dialogue import Dialogue, DialogueCall, DialogueHeader, DialogueMessage, DialogueTool
from toolmesh_dialogues.dialogue_file import read_dialogues, read_header, write_dialogues

TOOL = DialogueTool("weather", "天气", {"type": "object"}, ("How warm is it?",))
CALL = DialogueCall("call_1", "weather", {"city": "Oslo", "days": 2})
MESSAGES = (
    DialogueMessage("user", "Weather?"),
    DialogueMessage("assistant", "", (CALL,)),
    DialogueMessage("tool", "{}", tool_call_id="call_1", tool="weather"),
)
DIALOGUE = Dialogue("a", "common_api", "zh", "offline", (TOOL,), MESSAGES)
HEADER = DialogueHeader("test", 3, ("offline",))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "data.jsonl"
    assert write_dialogues(path, HEADER, [DIALOGUE, DIALOGUE]) == 2
    assert list(read_dialogues(path)) == [DIALOGUE, DIALOGUE]
    assert read_header(path) == HEADER


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "data.jsonl:2: not JSON"),
        ("[]", "data.jsonl:2: must be a JSON object"),
        ('{"id": "a", "kind": "odd"}', '"kind" must be one of model_api, common_api'),
        ('{"id": 3}', '"id" must be text, got 3'),
    ],
)
def test_an_error_names_the_file_the_line_and_the_value(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(f'{{"format": "toolmesh.dialogues/1"}}\n{line}\n')
    with pytest.raises(InvalidInput, match="data") as error:
        list(read_dialogues(path))
    assert said in error.value.message


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"format": "toolmesh.dialogues/2"}\n')
    with pytest.raises(InvalidInput, match="toolmesh"):
        list(read_dialogues(path))


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    write_dialogues(path, HEADER, [DIALOGUE])

    def broken() -> object:
        yield DIALOGUE
        raise InvalidInput("no more")

    with pytest.raises(InvalidInput):
        write_dialogues(path, HEADER, broken())  # type: ignore[arg-type]
    assert list(read_dialogues(path)) == [DIALOGUE]
