"""One rule of a policy: which calls it is for, and what becomes of them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from toolmesh_tool_router.domain.policy.arguments import ArgumentTest


class Effect(StrEnum):
    """What becomes of a call: it is made, refused, or kept for a person's word."""

    ALLOW = "allow"
    DENY = "deny"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """What a rule may know of a tool.

    Attributes:
        reaches_outside: its tags say so.
        spends: its cost or its tags say so.
    """

    name: str
    service: str
    tags: frozenset[str]
    read_only: bool
    needs_approval: bool
    reaches_outside: bool
    spends: bool

    @property
    def only_reads(self) -> bool:
        """It neither writes, nor spends, nor reaches outside."""
        return self.read_only and not self.spends and not self.reaches_outside

    @property
    def habits(self) -> str:
        """What keeps it from being a tool that only reads, in words."""
        told = {
            "writes (it does not say read_only)": not self.read_only,
            "spends": self.spends,
            "reaches outside": self.reaches_outside,
        }
        return " and ".join(word for word, so in told.items() if so)


@dataclass(frozen=True)
class Names:
    """Names with `*` for any text; none at all fits everything.

    Attributes:
        patterns: as an operator writes them, such as "pay_*".
    """

    patterns: tuple[str, ...] = ()

    def fit(self, *names: str) -> bool:
        """Whether one of the names fits one of the patterns."""
        return not self.patterns or any(self._regex.fullmatch(name) for name in names)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        parts = [".*".join(map(re.escape, pattern.split("*"))) for pattern in self.patterns]
        return re.compile("|".join(parts), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Selector:
    """What can be told of a call before its arguments are looked at; all of it must fit.

    Attributes:
        users, keys: patterns of names; "" stands for a caller without one.
    """

    tools: Names = Names()
    services: Names = Names()
    tags: Names = Names()
    users: Names = Names()
    keys: Names = Names()
    read_only: bool | None = None
    needs_approval: bool | None = None
    reaches_outside: bool | None = None
    spends: bool | None = None

    def fits(self, tool: ToolFacts, user: str, key: str) -> bool:
        """Whether calls of this tool by this user with this key are meant."""
        return (
            self.tools.fit(tool.name)
            and self.services.fit(tool.service)
            and self.tags.fit(*tool.tags)
            and self.users.fit(user)
            and self.keys.fit(key)
            and self.read_only in (None, tool.read_only)
            and self.needs_approval in (None, tool.needs_approval)
            and self.reaches_outside in (None, tool.reaches_outside)
            and self.spends in (None, tool.spends)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of the calls that the selector and all tests fit.

    Attributes:
        reason: told to the caller; may be empty.
        from_untrusted: whether one of the arguments under `roots` must have come from a tool, or none of them may have;
            None: wherever they came from.
        roots: JSON Pointers; "" stands for all arguments.
        egress_hosts: told to the tool with a call that is made.
    """

    name: str
    effect: Effect
    selector: Selector
    reason: str = ""
    tests: tuple[ArgumentTest, ...] = ()
    from_untrusted: bool | None = None
    roots: tuple[str, ...] = ("",)
    egress_hosts: tuple[str, ...] = ()

    @property
    def is_for_all_arguments(self) -> bool:
        """It never looks inside a call."""
        return not self.tests and self.from_untrusted is None

    def fits_origin(self, untrusted_arguments: tuple[str, ...]) -> bool:
        """Whether the arguments came from where the rule asks for."""
        if self.from_untrusted is None:
            return True
        found = any(_is_inside(pointer, root) for pointer in untrusted_arguments for root in self.roots)
        return found is self.from_untrusted

    @property
    def test(self) -> ArgumentTest:
        """All tests in one, which is asked for each call: so it is the one test itself where there is only one."""
        tests = self.tests
        return tests[0] if len(tests) == 1 else lambda arguments: all(test(arguments) for test in tests)


def _is_inside(pointer: str, root: str) -> bool:
    """Whether one argument is another or lies in it; "" names all of them, so it is in each."""
    return pointer in ("", root) or pointer.startswith(f"{root}/")
