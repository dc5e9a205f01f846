"""What the controller's unit tests share: a way to ask for one decision."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from unit.controller.fakes import FakeInference

from toolmesh_controller.app.decide import Decide, DecideAsk
from toolmesh_controller.app.limits import Limits
from toolmesh_controller.domain.conversation import Candidate, Decision, Message, Role


@pytest.fixture
def inference() -> FakeInference:
    return FakeInference()


Asked = tuple[Decision, list[str]]


@pytest.fixture
def ask(inference: FakeInference) -> Callable[..., Any]:
    """Gives (decision, pieces of text) for a request and its candidates."""
    numbers = itertools.count(1)

    async def asked(
        request: str, candidates: Sequence[Candidate] = (), after: Sequence[Message] = (), **more: Any
    ) -> Asked:
        history = more.pop("history", ())
        limits = more.pop("limits", Limits())
        decide = Decide(inference, lambda prefix: f"{prefix}_{next(numbers)}", limits)
        messages = [*history, Message(Role.USER, request), *after]
        events = [event async for event in decide(DecideAsk(messages, candidates, **more))]
        assert isinstance(events[-1], Decision)
        return events[-1], [event for event in events[:-1] if isinstance(event, str)]

    return asked
