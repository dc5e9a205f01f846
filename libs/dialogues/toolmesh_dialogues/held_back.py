"""Which tools are held back from training: the same tenth everywhere, by the tool's name alone."""

from hashlib import blake2b

HELD_BACK_SHARE = 0.1


def is_held_back(tool: str, share: float = HELD_BACK_SHARE) -> bool:
    """Whether a tool belongs to the held-back share; the answer for a name never changes.

    Letter case and separators do not count, so that `getWeather` and `get_weather` fall on one side.
    """
    name = "".join(letter for letter in tool.casefold() if letter.isalnum())
    place = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") / 2**64
    return place < share
