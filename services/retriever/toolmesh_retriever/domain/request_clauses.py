"""Cuts a request into clauses: "find a film, then book a seat" asks for two tools, so each part is searched alone."""

import re
from dataclasses import dataclass

from toolmesh_retriever.domain.text_terms import terms_of

MOST_CLAUSES = 16
MOST_TERMS_A_CLAUSE = 64
_BREAKS = re.compile(
    r"(?<=[.!?;])\s+|\n+|(?<=[。！？；])|[，、](?=然后|再|接着|并|最后|另外|还|同时)"
    r"|,?\s+(?:and\s+)?then\s+|,?\s+and\s+also\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a request.

    Attributes:
        text: as written.
        terms: in order, repeats included.
    """

    text: str
    terms: tuple[str, ...]


def clauses_of(request: str) -> list[Clause]:
    """The clauses that hold at least one term; what is over the bounds is joined to the last one or cut.

    A request without any term is one clause without terms, so that its meaning can still be looked for.
    """
    found: list[Clause] = []
    for part in _BREAKS.split(request):
        terms = tuple(terms_of(part))
        if not terms:
            continue
        if len(found) == MOST_CLAUSES:
            last = found.pop()
            found.append(_clause(f"{last.text} {part}", last.terms + terms))
        else:
            found.append(_clause(part.strip(), terms))
    return found or [Clause(request.strip(), ())]


def _clause(text: str, terms: tuple[str, ...]) -> Clause:
    return Clause(text, terms[:MOST_TERMS_A_CLAUSE])
