"""Cuts a request into clauses: "find a film, then book a seat" asks for two tools, so each part is searched alone."""

import re
from dataclasses import dataclass

from toolmesh_retriever.domain.text_terms import terms_of

MOST_CLAUSES = 16
_BREAKS = re.compile(
    r"(?<=[.!?;])\s+|\n+|(?<=[。！？；：])|[，、](?=然后|再|接着|并|最后|另外|还|同时)"
    r"|,?\s+(?:and\s+)?then\s+|,?\s+and\s+also\s+",
    re.IGNORECASE,
)
# A sentence without end is cut between words, or anywhere where it has none.
_PIECE = re.compile(r".{1,400}(?:\s|$)|.{1,400}", re.DOTALL)


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
    """The clauses that hold at least one term; of very many, neighbours are joined, so that no word is lost.

    A request without any term is one clause without terms, so that its meaning can still be looked for.
    """
    parts = (piece.strip() for part in _BREAKS.split(request) for piece in _PIECE.findall(part))
    clauses = [Clause(part, tuple(terms_of(part))) for part in parts]
    found = [clause for clause in clauses if clause.terms]
    if not found:
        return [Clause(request.strip(), ())]
    joined_each = -(-len(found) // MOST_CLAUSES)
    return [_join(found[start : start + joined_each]) for start in range(0, len(found), joined_each)]


def _join(clauses: list[Clause]) -> Clause:
    text = " ".join(clause.text for clause in clauses)
    return Clause(text, tuple(term for clause in clauses for term in clause.terms))
