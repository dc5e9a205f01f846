"""Cuts text into the terms that are matched: English word stems, numbers, and pairs of CJK characters."""

import re
import unicodedata
from functools import lru_cache

import Stemmer

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W\d_{_CJK}]+|\d+")
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_IS_CJK = re.compile(rf"[{_CJK}]")
_MOST_CHARACTERS_A_TERM = 40

# Words that say that something is asked, not what. They are matched nowhere.
_REQUEST_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a an the of to for in on at by with from and or is are was were be been being this that these those it its as
    i me my we our us you your please can could would should will may must do does did have has had need want like
    also additionally after before then next first firstly second secondly third finally lastly furthermore moreover
    once so if when while which who what how there here any some about into using use based help assist assistance
    provide give tell""",
    )
)
# The same in Chinese; longer ones first, so that a part never hides the whole.
_CHINESE_REQUEST_WORDS = re.compile(
    "麻烦你|能不能|可不可以|是多少|有多少|是什么|为什么|怎么样|一下子|帮我|给我|请问|请你|我想|我要|想要|需要|可以|能够|一下|"
    "多少|什么|怎么|怎样|如何|哪里|哪个|哪些|这个|那个|一个|然后|接着|最后|另外|还有|以及|并且|或者|关于|"
    "[请帮把的了吗呢吧啊呀是在我你您他她它和与及或就都也还再又很这那几个]"
)


def terms_of(text: str) -> list[str]:
    """The terms of a text in order, repeats included; `getVRGame_by_id` gives get, vr, game, id."""
    if not text.isascii():
        text = _without_accents(text)
    terms: list[str] = []
    for token in _TOKEN.findall(_CAMEL_HUMP.sub(" ", text)):
        if _IS_CJK.match(token):
            terms.extend(_pairs(token))
            continue
        word = token.lower()[:_MOST_CHARACTERS_A_TERM]
        if word not in _REQUEST_WORDS:
            terms.append(_stem(word))
    return terms


def has_cjk(text: str) -> bool:
    """Whether the text holds Chinese, Japanese or Korean characters."""
    return _IS_CJK.search(text) is not None


def _without_accents(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    # Latin accents (U+0300 to U+036F) go; the marks of kana and Hangul are put back together by NFC.
    return unicodedata.normalize("NFC", "".join(c for c in parts if not "\u0300" <= c <= "\u036f"))


def _pairs(run: str) -> list[str]:
    """Overlapping pairs of characters: Chinese has no spaces, and pairs need no dictionary."""
    pairs = []
    for piece in _CHINESE_REQUEST_WORDS.split(run):
        pairs += [piece[i : i + 2] for i in range(len(piece) - 1)] if len(piece) > 1 else [piece] * len(piece)
    return pairs


# One stemmer is not safe in two threads at once; the cache answers nearly all, and the C call holds the GIL.
_STEMMER = Stemmer.Stemmer("english", 0)


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    stem: str = _STEMMER.stemWord(word)
    return stem
