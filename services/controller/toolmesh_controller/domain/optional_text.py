"""Optional text arguments that the request speaks of without a typed value: "the time *in New York*"."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_controller.domain.phrase_choice import PLACES, STRONG_CUE, cue_of
from toolmesh_controller.domain.phrases import Phrase, phrases_of, with_regions
from toolmesh_controller.domain.slots import names_of
from toolmesh_controller.domain.tool_schema import Parameter
from toolmesh_controller.domain.words import has_cjk

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SpokenOption:
    parameter: Parameter
    phrase: Phrase


def spoken_options(
    parameters: Sequence[Parameter], text: str, taken: Sequence[Span], own_words: frozenset[str]
) -> list[SpokenOption]:
    """Each parameter with the phrase that a strong cue leads into, no phrase twice.

    Args:
        parameters: optional text parameters that have no value yet.
        taken: stretches of the request that are values already.
    """
    found: list[SpokenOption] = []
    spans = list(taken)
    for parameter in parameters:
        named = names_of(parameter)
        phrases = with_regions(text, phrases_of(text, spans, own_words | named, named))
        phrase = next((phrase for phrase in phrases if _is_cued(phrase, named)), None)
        if phrase is None and len(parameters) == 1 and named & PLACES and has_cjk(text) and len(phrases) == 1:
            phrase = phrases[0]
        if phrase is not None:
            found.append(SpokenOption(parameter, phrase))
            spans.append((phrase.start, phrase.end))
    return found


def _is_cued(phrase: Phrase, named: frozenset[str]) -> bool:
    return phrase.text[0].isupper() and phrase.start > 0 and cue_of(phrase, named) >= STRONG_CUE
