"""Text to comparable words: identifiers split, light English stemming, Chinese in single characters and pairs."""

import re
from collections.abc import Iterable
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[\u3400-\u9fff]+")
_CJK = re.compile(r"[\u3400-\u9fff]")

_STOP_WORDS_TEXT = """
    a an the of for to in on at by with from into about as is are was were be been am do does did can could
    would will shall should may might must i me my we us our you your he she it its they them their this that
    these those there here and or but if then than so not no yes please tell give show get find want need like
    know let what which who whom whose when where why how much many some any all each also just using use used
    given provide provides return returns value values e g eg etc i'd i'm it's what's
"""
STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())
_CJK_STOP = frozenset("的了是在我你他她它们请吗呢吧啊一下帮给和与并从到对把用有")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A light stem: plurals and the commonest verb and noun endings go, so that "calculating" meets "calculation"."""
    for ending, least in (
        ("ations", 4), ("ation", 4), ("ating", 4), ("ated", 4), ("ators", 4), ("ator", 4), ("ates", 4), ("ate", 4),
        ("ions", 4), ("ion", 4), ("ings", 4), ("ing", 3), ("ers", 4), ("ies", 3), ("ied", 3), ("ed", 3),
        ("es", 4), ("er", 4), ("s", 3), ("e", 3), ("y", 3),
    ):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def split_identifier(text: str) -> str:
    """ "getCurrentWeather" and "get_current_weather" read "get current weather"."""
    return _CAMEL.sub(" ", text).replace("_", " ").replace("-", " ").replace(".", " ")


def tokens(text: str) -> list[str]:
    """Stemmed words in order, stop words left out; Chinese runs give their characters and pairs of neighbours."""
    found: list[str] = []
    for raw in _TOKEN.findall(_CAMEL.sub(" ", text).replace("_", " ").lower()):
        if _CJK.match(raw):
            found.extend(_cjk_terms(raw))
        elif raw not in STOP_WORDS:
            found.append(stem(raw.split("'")[0]))
    return found


@lru_cache(maxsize=4096)
def word_set(text: str) -> frozenset[str]:
    """The distinct `tokens` of a text; cached, since tool texts come again at every step."""
    return frozenset(tokens(text))


def has_cjk(text: str) -> bool:
    return _CJK.search(text) is not None


def _cjk_terms(run: str) -> Iterable[str]:
    yield from (character for character in run if character not in _CJK_STOP)
    yield from (run[at : at + 2] for at in range(len(run) - 1))
