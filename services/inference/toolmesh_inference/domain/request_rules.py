"""What a request may ask for; anything else is refused with the field's name."""

import math
from collections.abc import Sequence

from toolmesh_core.errors import InvalidInput
from toolmesh_inference.domain.generation import Prompt, Sampling

MOST_CONTINUATIONS = 64
MOST_EMBED_TEXTS = 256
MOST_STOP_TEXTS = 16
# llama.cpp keeps a seed in 32 bits and takes the highest value as "draw one".
MOST_SEED = 2**32 - 2


def check_prompt(prompt: Prompt) -> None:
    """Exactly one of messages and text, and not an empty one."""
    if prompt.messages and prompt.text:
        raise InvalidInput("both 'messages' and 'prompt' are set; set one of them", field="prompt")
    if not prompt.messages and not prompt.text:
        raise InvalidInput("'messages' and 'prompt' are both empty; set one of them", field="messages")


def check_sampling(sampling: Sampling) -> None:
    """Each number in its range."""
    if not (math.isfinite(sampling.temperature) and 0 <= sampling.temperature <= 10):
        raise _out_of_range("temperature", sampling.temperature, "from 0 to 10")
    if not 0 < sampling.top_p <= 1:
        raise _out_of_range("top_p", sampling.top_p, "above 0 and up to 1")
    if sampling.top_k < 0:
        raise _out_of_range("top_k", sampling.top_k, "0 or more")
    if sampling.seed is not None and not 0 <= sampling.seed <= MOST_SEED:
        raise _out_of_range("seed", sampling.seed, f"from 0 to {MOST_SEED}")
    if sampling.max_tokens < 0:
        raise _out_of_range("max_tokens", sampling.max_tokens, "0 or more")
    if len(sampling.stop) > MOST_STOP_TEXTS or "" in sampling.stop:
        raise InvalidInput(
            f"'sampling.stop' must hold at most {MOST_STOP_TEXTS} texts, none empty", field="sampling.stop"
        )


def check_continuations(continuations: Sequence[str]) -> None:
    """1 to 64, all different, none empty."""
    if not 1 <= len(continuations) <= MOST_CONTINUATIONS:
        raise InvalidInput(
            f"'continuations' must hold 1 to {MOST_CONTINUATIONS} texts, got {len(continuations)}",
            field="continuations",
        )
    if "" in continuations:
        raise InvalidInput(f"continuation {continuations.index('')} is empty", field="continuations")
    if len(set(continuations)) < len(continuations):
        twice = next(text for text in continuations if continuations.count(text) > 1)
        raise InvalidInput(f"continuation {twice!r} is given twice", field="continuations")


def check_embed_texts(texts: Sequence[str]) -> None:
    """At most 256."""
    if len(texts) > MOST_EMBED_TEXTS:
        raise InvalidInput(f"'texts' holds {len(texts)}; send at most {MOST_EMBED_TEXTS} at a time", field="texts")


def _out_of_range(name: str, value: float, wanted: str) -> InvalidInput:
    return InvalidInput(f"'sampling.{name}' must be {wanted}, got {value}", field=f"sampling.{name}")
