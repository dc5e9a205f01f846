"""ROUGE-L of two texts: English by words, Chinese by characters."""

import re

import numpy as np

# Each Chinese character is a token; so is each run of letters and digits of other scripts.
_TOKEN = re.compile(r"[㐀-䶿一-鿿豈-﫿]|[^\W_㐀-䶿一-鿿豈-﫿]+")


def tokens(text: str) -> list[str]:
    """Tokens as they are compared: lower case, without marks."""
    return _TOKEN.findall(text.lower())


def rouge_l(gold: str, made: str) -> float:
    """F1 of the longest common subsequence, 0 to 1; two texts without a token are the same."""
    right, other = tokens(gold), tokens(made)
    if not right or not other:
        return float(right == other)
    longest = _longest_common(right, other)
    return 2 * longest / (len(right) + len(other))


def _longest_common(first: list[str], second: list[str]) -> int:
    codes = {token: code for code, token in enumerate(dict.fromkeys([*first, *second]))}
    row = np.zeros(len(second) + 1, dtype=np.int64)
    others = np.array([codes[token] for token in second])
    for token in first:
        # Along the diagonal where tokens agree; the running maximum stands for the two other neighbours.
        candidates = np.maximum(row[1:], np.where(others == codes[token], row[:-1] + 1, 0))
        row[1:] = np.maximum.accumulate(candidates)
    return int(row[-1])
