"""A request with several wishes, cut into parts that each may need a call of their own.

Where to cut is proposed here by punctuation and linking words; whether a cut stands is decided by what the tools cover
(see plan_parts): a part that no tool serves, or that lacks a value its tool needs, stays with its neighbour.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from toolmesh_controller.domain.arithmetic import find_expression

MAX_PIECES = 16

_CUT = re.compile(
    r"(?P<strong>[.!?](?=\s)|[;。！？；\n]+|,?\s{1,4}(?:and\s{1,4}then|then|after\s{1,4}that|afterwards|and\s{1,4}also|also)\b,?"
    r"|[，,]?(?:然后|接着|随后|之后|再|并且|同时|另外|还有))"
    r"|(?P<weak>,?\s{1,4}(?:and|as\s{1,4}well\s{1,4}as)\s{1,4}|(?<!\d),\s{0,4}|,\s{1,4}|[，、]\s{0,4}|并|和)",
    re.IGNORECASE,
)
_DEPENDENT = re.compile(
    r"\b(?:the|that|this|its|their)\s+(?:result|answer|sum|product|total|output|outcome|value|number)s?\b"
    r"|\b(?:it|them)\b|结果|它|其|该|这个",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"(?:if|when|given|since|because|suppose|assuming|as)\s|如果|假如|要是"
    # A statement: somebody or something, a verb that tells a fact, and nothing that asks or wishes.
    r"|(?=(?:i|we|he|she|they|it|my|our|his|her|the|there|a|an)\s)(?!.*\b(?:want|need|like|would|could|wish)\b)(?!.*\?)"
    r".{0,40}\b(?:is|are|was|were|says?|said|has|have|had|costs?|weighs?|ran|drove|paid|bought|earns?|made|makes)\b",
    re.IGNORECASE,
)
_PROTECTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|`[^`]*`|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|(?<!\w)'[^']*'(?!\w)")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e|No|Inc|Ltd|[A-Z])$")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the request; `strong` where more than an "and" or a comma sets it off from what is before it."""

    text: str
    start: int
    strong: bool

    @property
    def dependent(self) -> bool:
        """It speaks of what an earlier part gives."""
        return self.start > 0 and _DEPENDENT.search(self.text) is not None

    def joined(self, other: "Part", whole: str) -> "Part":
        """This part and the one after it as one."""
        end = other.start + len(other.text)
        return Part(whole[self.start : end], self.start, self.strong)


def pieces_of(request: str) -> list[Part]:
    """The finest cut of a request, in order. More than MAX_PIECES are no list of wishes but a text: it stays whole."""
    protected = [match.span() for match in _PROTECTED.finditer(request)]
    arithmetic = find_expression(request)
    if arithmetic:
        protected.append(arithmetic[:2])
    found: list[Part] = []
    start, strong = 0, True
    for match, is_strong in _cuts(request, protected):
        _append(found, request, start, match.start(), strong)
        if len(found) > MAX_PIECES:
            return [Part(request.strip(), 0, strong=True)]
        start, strong = match.end(), is_strong
    _append(found, request, start, len(request), strong)
    return _with_conditions(found, request)


def _with_conditions(pieces: list[Part], request: str) -> list[Part]:
    """ "If it is 9 am in Tokyo, what time is it in Dubai?" is one wish: a condition or a plain statement goes with what
    follows it."""
    joined: list[Part] = []
    is_open = False
    for piece in pieces:
        if is_open:
            joined[-1] = joined[-1].joined(piece, request)
        else:
            joined.append(piece)
        is_open = not is_open and _CONDITION.match(piece.text) is not None
    return joined


def _cuts(request: str, protected: list[tuple[int, int]]) -> Iterator[tuple[re.Match[str], bool]]:
    for match in _CUT.finditer(request):
        if any(start < match.end() and match.start() < end for start, end in protected):
            continue
        if match.group() == "." and _ABBREVIATION.search(request, 0, match.start()):
            continue
        yield match, match["strong"] is not None


def _append(found: list[Part], request: str, start: int, end: int, strong: bool) -> None:
    text = request[start:end]
    stripped = text.strip(" ,，")
    if stripped:
        found.append(Part(stripped, start + text.index(stripped), strong))
