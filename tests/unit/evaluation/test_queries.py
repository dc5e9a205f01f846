"""What the retriever is asked in an evaluation."""

from toolmesh_dialogues.dialogue import DialogueCall, DialogueMessage
from toolmesh_evaluation.ask_controller import queries_of

CALL = DialogueMessage("assistant", "", (DialogueCall("c", "book", {}),))
RESULT = DialogueMessage("tool", "{}", (), "c", "book")


def test_an_answer_to_a_question_is_searched_with_what_was_asked() -> None:
    talk = [DialogueMessage("user", "Book"), DialogueMessage("assistant", "When?"), DialogueMessage("user", "At five")]
    assert queries_of(talk) == ["At five", "Book\nAt five"]


def test_after_results_the_request_before_them_is_searched() -> None:
    assert queries_of([DialogueMessage("user", "Book"), CALL, RESULT]) == ["Book"]


def test_what_led_to_a_call_is_no_part_of_a_later_request() -> None:
    assert queries_of([DialogueMessage("user", "Book"), CALL, RESULT, DialogueMessage("user", "Thanks")]) == ["Thanks"]
