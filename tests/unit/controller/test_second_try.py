"""A call that its tool refused is tried once more with other arguments."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from unit.controller.fakes import CLOCK, FakeInference, called

from toolmesh_controller.app.limits import Limits
from toolmesh_controller.domain.conversation import Message
from toolmesh_controller.domain.mended_value import mended

Ask = Callable[..., Any]
LED = Limits(led_by_model="adapters", default_adapter="tools")
ASKED = "What's the local time in Oslo right now?"


def refused(city: str, message: str, reason: str = "UNKNOWN_CITY") -> list[Message]:
    return list(called("current_time", {"city": city}, {"error": {"reason": reason, "message": message}}))


async def test_the_model_reads_the_request_again_after_a_refusal(ask: Ask, inference: FakeInference) -> None:
    inference.adapters = frozenset(("tools",))
    inference.replies = ['{"city": "Oslo"}']
    after = [*refused("Oslo right", "unknown city 'Oslo right'")]
    decision, _ = await ask(ASKED, [CLOCK], after, limits=LED)
    assert json.loads(decision.calls[0].arguments_json) == {"city": "Oslo"}


async def test_the_value_that_a_refusal_names_is_taken_without_the_model(ask: Ask, inference: FakeInference) -> None:
    after = [*refused("Oslo right", "unknown city 'Oslo right': did you mean Oslo?")]
    decision, _ = await ask(ASKED, [CLOCK], after)
    assert json.loads(decision.calls[0].arguments_json) == {"city": "Oslo"}
    assert not inference.prompts


async def test_a_second_refusal_is_told_to_the_user(ask: Ask, inference: FakeInference) -> None:
    inference.adapters = frozenset(("tools",))
    after = [*refused("Oslo right", "unknown city 'Oslo right'"), *refused("Oslo", "unknown city 'Oslo'")]
    decision, _ = await ask(ASKED, [CLOCK], after, limits=LED)
    assert decision.calls == ()


async def test_the_same_call_is_not_made_again(ask: Ask, inference: FakeInference) -> None:
    inference.adapters = frozenset(("tools",))
    inference.replies = ['{"city": "Oslo"}', "Nobody knows."]
    decision, _ = await ask(ASKED, [CLOCK], refused("Oslo", "no clock in 'Oslo'"), limits=LED)
    assert decision.calls == ()


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("the line broke", "UNKNOWN_CITY"),
        ("a person refused 'Oslo right'", "APPROVAL_REFUSED"),
        ("denied for 'Oslo right'", "POLICY_DENIED"),
    ],
)
async def test_a_failure_that_is_not_about_a_value_and_a_persons_or_the_policys_no_are_final(
    ask: Ask, inference: FakeInference, message: str, reason: str
) -> None:
    inference.adapters = frozenset(("tools",))
    inference.replies = ['{"city": "Oslo"}']
    decision, _ = await ask(ASKED, [CLOCK], refused("Oslo right", message, reason), limits=LED)
    assert decision.calls == ()


def test_a_refusal_puts_no_words_of_its_own_into_a_call() -> None:
    assert mended({"city": "Oslo right"}, "unknown city 'Oslo right': did you mean Paris?") is None


def test_a_chinese_value_is_cut_at_any_character() -> None:
    assert mended({"to": "欧元能换"}, "unknown currency '欧元能换': did you mean 欧元 (EUR)?") == {"to": "欧元"}


def test_arguments_that_are_no_object_are_not_mended() -> None:
    assert mended("欧元", "unknown 欧元") is None
