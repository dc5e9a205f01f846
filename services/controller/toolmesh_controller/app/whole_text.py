"""A text of the model that is wanted whole, not in pieces."""

from collections.abc import Sequence
from contextlib import aclosing

from toolmesh_controller.app.ports import Constraint, Inference, ModelRef, Sampling
from toolmesh_controller.domain.conversation import Message, Usage


async def whole_text(
    inference: Inference,
    ref: ModelRef,
    messages: Sequence[Message],
    sampling: Sampling,
    constraint: Constraint,
    usage: Usage,
) -> str:
    """The text without white space at its ends; what it cost is added to `usage`."""
    text = ""
    async with aclosing(inference.generate(ref, messages, sampling, constraint)) as pieces:
        async for piece in pieces:
            text += piece.text
            if piece.usage:
                usage.add(piece.usage)
    return text.strip()
