"""What is blotted out."""

import json
import logging
from collections.abc import Iterator

import pytest

from toolmesh_tool_router.adapters.redacting_log import redacted_log
from toolmesh_tool_router.domain.policy.redaction import Redaction

SECRETS = Redaction([r"sk-[a-z0-9]{8,}", r"\b\d{16}\b"], ["password"])


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Keep()
    logging.getLogger().addHandler(handler)
    yield records
    logging.getLogger().removeHandler(handler)


def test_what_fits_a_pattern_is_blotted_out_anywhere_in_a_text() -> None:
    assert SECRETS.text("key sk-abcdefgh1 of 中, card 4111111111111111.") == "key [redacted] of 中, card [redacted]."


def test_json_stays_json_and_named_members_lose_their_whole_value() -> None:
    text = json.dumps({"Password": {"old": "x"}, "list": ["sk-abcdefgh1", 1], "sk-abcdefgh1": None})
    assert json.loads(SECRETS.json_text(text)) == {
        "Password": "[redacted]",
        "list": ["[redacted]", 1],
        "[redacted]": None,
    }


def test_a_secret_behind_an_escape_of_json_is_found() -> None:
    assert SECRETS.json_text('"s\\u006b-abcdefgh1"') == '"[redacted]"'


@pytest.mark.parametrize("text", ['{"a": 1.0, "b":  "x"}', "not json", ""])
def test_what_holds_no_secret_stays_as_it_is_to_the_letter(text: str) -> None:
    assert SECRETS.json_text(text) == text


def test_text_that_is_no_json_is_blotted_as_text() -> None:
    assert SECRETS.json_text("sk-abcdefgh1 {") == "[redacted] {"


def test_json_nested_beyond_reason_is_blotted_out_whole() -> None:
    assert SECRETS.json_text("[" * 900 + '"sk-abcdefgh1"' + "]" * 900) == '"[redacted]"'


def test_a_text_made_to_be_slow_is_read_in_a_moment() -> None:
    assert Redaction([r"(a+)+b"]).text("a" * 200_000) == "a" * 200_000


def test_a_line_of_the_log_loses_its_secrets(logged: list[logging.LogRecord]) -> None:
    with redacted_log(lambda: SECRETS):
        logging.getLogger("x").warning("got %s", "sk-abcdefgh1", extra={"detail": ["sk-abcdefgh1"], "password": "pw"})
        try:
            raise RuntimeError("with sk-abcdefgh1")
        except RuntimeError:
            logging.getLogger("x").exception("broken")
    first, second = logged
    assert (first.getMessage(), vars(first)["detail"], vars(first)["password"]) == (
        "got [redacted]",
        ["[redacted]"],
        "[redacted]",
    )
    assert second.exc_info is None
    assert "RuntimeError: with [redacted]" in vars(second)["exception"]


def test_after_the_block_and_without_secrets_the_log_is_as_it_was(logged: list[logging.LogRecord]) -> None:
    with redacted_log(Redaction):
        logging.getLogger("x").warning("got %s", 1)
    with redacted_log(lambda: SECRETS):
        pass
    logging.getLogger("x").warning("sk-abcdefgh1")
    assert (logged[0].args, logged[1].getMessage()) == ((1,), "sk-abcdefgh1")
