"""What a request may not ask for is refused with the field's name."""

import pytest

from toolmesh_core.errors import InvalidInput
from toolmesh_inference.domain.conversation import ChatMessage, Role
from toolmesh_inference.domain.generation import Prompt, Sampling
from toolmesh_inference.domain.request_rules import (
    check_continuations,
    check_embed_texts,
    check_prompt,
    check_sampling,
)

MESSAGE = ChatMessage(Role.USER, "hi")


@pytest.mark.parametrize(
    ("sampling", "field"),
    [
        (Sampling(temperature=-0.1), "sampling.temperature"),
        (Sampling(temperature=float("nan")), "sampling.temperature"),
        (Sampling(top_p=0.0), "sampling.top_p"),
        (Sampling(top_p=1.1), "sampling.top_p"),
        (Sampling(top_k=-1), "sampling.top_k"),
        (Sampling(seed=-1), "sampling.seed"),
        (Sampling(seed=2**32), "sampling.seed"),
        (Sampling(max_tokens=-1), "sampling.max_tokens"),
        (Sampling(stop=("",)), "sampling.stop"),
        (Sampling(stop=("x",) * 17), "sampling.stop"),
    ],
)
def test_a_number_out_of_its_range_is_named(sampling: Sampling, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_sampling(sampling)
    assert caught.value.field == field


def test_the_defaults_are_fine() -> None:
    check_sampling(Sampling())
    check_sampling(Sampling(temperature=1.0, top_p=0.9, top_k=40, seed=0, max_tokens=5, stop=("\n",)))


@pytest.mark.parametrize("prompt", [Prompt(), Prompt((MESSAGE,), "text")])
def test_messages_or_prompt_but_not_both_nor_neither(prompt: Prompt) -> None:
    with pytest.raises(InvalidInput):
        check_prompt(prompt)


@pytest.mark.parametrize(
    ("continuations", "told"),
    [
        ([], "got 0"),
        (["x"] * 65, "got 65"),
        (["a", ""], "continuation 1 is empty"),
        (["a", "b", "a"], "'a' is given twice"),
    ],
)
def test_bad_continuations_are_named(continuations: list[str], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        check_continuations(continuations)


def test_too_many_texts_to_embed_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 256"):
        check_embed_texts(["x"] * 257)
