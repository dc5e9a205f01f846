"""Whether an object in the cluster is as it should be."""

from typing import Any


def differs(wanted: Any, found: Any) -> bool:
    """Whether anything that is wanted is not so; what others added to maps, and defaults, do not count.

    A quantity that the API wrote in another way counts: it is then applied once more, which changes nothing.
    """
    if isinstance(wanted, dict):
        return not isinstance(found, dict) or any(differs(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (
            not isinstance(found, list)
            or len(wanted) != len(found)
            or any(differs(one, other) for one, other in zip(wanted, found, strict=True))
        )
    return bool(wanted != found)


def is_owned(found: dict[str, Any], uid: str) -> bool:
    """Whether the object belongs to the Tool with this uid."""
    owners = found.get("metadata", {}).get("ownerReferences") or []
    return any(owner.get("uid") == uid for owner in owners)
