"""Whether a value that a tool needs is nowhere in what was said; then the user is asked for it."""

from collections.abc import Sequence

from toolmesh_controller.domain.mentions import of_kind
from toolmesh_controller.domain.request_text import RequestText
from toolmesh_controller.domain.slots import Slot, names_of
from toolmesh_controller.domain.tool_schema import kind_of, simple_node
from toolmesh_controller.domain.words import split_identifier, tokens, word_set

# Words that say when or how politely, not what.
_NO_VALUE = word_set("today now current currently tomorrow tonight please thanks thank hello hi hey help quick quickly")
_TYPED = {"email": "email", "uri": "url", "date": "date"}


def missing_from(slots: Sequence[Slot], request: RequestText, tool_words: frozenset[str]) -> list[Slot]:
    """The slots that the request cannot fill. Careful on purpose: where any word is left over, none is missing."""
    taken = [slot.mention for slot in slots if slot.mention]
    free = [mention for mention in request.mentions if not any(mention.overlaps(other) for other in taken)]
    found = []
    for slot in slots:
        if slot.decided:
            continue
        node = simple_node(slot.parameter.node)
        kind = kind_of(node)
        wanted = _TYPED.get(str(node.get("format", ""))) if kind == "string" else None
        if kind in ("integer", "number"):
            lacking = not of_kind(free, "number")
        elif wanted:
            lacking = not of_kind(free, wanted) and not (
                wanted == "date" and _open_words(slot, slots, request, tool_words)
            )
        elif kind in ("string", "array"):
            lacking = not _open_words(slot, slots, request, tool_words)
        else:
            lacking = False
        if lacking:
            found.append(slot)
    return found


def question_about(slots: Sequence[Slot], request_is_chinese: bool) -> str:
    """Asks the user for the values, by what they are for."""
    named = [_spoken(slot) for slot in slots]
    if request_is_chinese:
        return f"请告诉我：{'、'.join(named)}。"
    listed = named[0] if len(named) == 1 else ", ".join(named[:-1]) + " and " + named[-1]
    return f"I need one more thing to do that: {listed}. What should I use?"


def _spoken(slot: Slot) -> str:
    name = split_identifier(slot.parameter.name).lower().strip()
    described = slot.parameter.description.strip().rstrip(".。")
    return f"{name} ({described})" if described and len(described) <= 100 else name


def _open_words(slot: Slot, slots: Sequence[Slot], request: RequestText, tool_words: frozenset[str]) -> bool:
    """Whether any telling word is left that is neither the tool's nor a parameter's own nor another one's value."""
    spoken = tool_words | names_of(slot.parameter) | _NO_VALUE
    taken = [(other.mention.start, other.mention.end) for other in slots if other.mention]
    said = word_set(" ".join(str(other.value) for other in slots if other.decided and not other.mention))
    for unit in request.units:
        if any(unit.start < end and start < unit.end for start, end in taken):
            continue
        words = set(tokens(unit.text))
        if words and not words <= spoken | said:
            return True
    return False
