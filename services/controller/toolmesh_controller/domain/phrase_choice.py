"""Which phrase a text parameter takes, where the words around it tell: "in" leads into a place, "from" into a start."""

from collections.abc import Sequence

from toolmesh_controller.domain.phrases import Phrase
from toolmesh_controller.domain.words import stem, word_set

_PLACES = word_set("location city place country region area state town venue address address geography locale zone")
_CUES: tuple[tuple[frozenset[str], frozenset[str], float], ...] = (
    (_PLACES, frozenset(("in", "at", "near", "around", "within")), 1.5),
    (_PLACES, frozenset(("of", "for", "from", "to")), 0.75),
    (word_set("origin source start departure from base sender"), frozenset(("from", "starting", "leaving")), 2.0),
    (word_set("destination target end arrival to recipient receiver"), frozenset(("to", "into")), 2.0),
    (word_set("name title label"), frozenset(("named", "called", "titled", "name", "title")), 2.0),
    (
        word_set("person author artist patient customer user client player"),
        frozenset(("by", "for", "of", "with")),
        0.75,
    ),
    (word_set("topic subject query keyword theme"), frozenset(("about", "on", "regarding", "for")), 1.5),
    (word_set("language"), frozenset(("in", "into", "to")), 1.0),
    (word_set("method technique tool mode instrument algorithm"), frozenset(("using", "by", "with", "via")), 1.5),
)
_BESIDE = 2.0
# The least score, and the least lead over the second, from which a phrase is taken without asking the LLM.
DECISIVE_SCORE = 1.5
DECISIVE_LEAD = 0.75


def decided_phrase(phrases: Sequence[Phrase], named: frozenset[str], text: str, *, alone: bool) -> Phrase | None:
    """The phrase that is surely meant, else None.

    Args:
        alone: whether no other text parameter is open, so that an only phrase must be this one's.
    """
    if len(phrases) == 1 and alone:
        return phrases[0]
    scored = sorted(((phrase_score(phrase, named, text), -at) for at, phrase in enumerate(phrases)), reverse=True)
    if not scored or scored[0][0] < DECISIVE_SCORE:
        return None
    if len(scored) > 1 and scored[0][0] - scored[1][0] < DECISIVE_LEAD:
        return None
    return phrases[-scored[0][1]]


def phrase_score(phrase: Phrase, named: frozenset[str], text: str) -> float:
    """How much the words around a phrase speak for a parameter with these words in its name."""
    score = _BESIDE if stem(phrase.before) in named else 0.0
    after = word_set(text[phrase.end : phrase.end + 30].split(".")[0].split(",")[0])
    following = text[phrase.end : phrase.end + 30].split()
    if following and word_set(following[0]) & named & after:
        score += _BESIDE
    for names, cues, weight in _CUES:
        if named & names and phrase.before in cues:
            score += weight
            break
    return score
