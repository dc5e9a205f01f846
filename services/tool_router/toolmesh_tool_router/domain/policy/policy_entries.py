"""What may stand in a policy file: its sections and their fields, each checked."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from toolmesh_tool_router.domain.policy.arguments import EVERY, matching, path_of
from toolmesh_tool_router.domain.policy.redaction import secret_pattern
from toolmesh_tool_router.domain.policy.rule import Effect

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def _non_empty(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("is an empty list, which would fit nothing; leave it out or fill it")
    return values


def _path(text: str) -> str:
    path_of(text)
    return text


def _root(text: str) -> str:
    if EVERY in path_of(text):
        raise ValueError(f"{text!r}: leave '*' out, a path stands for all that is below it")
    return text


def _regex(text: str) -> str:
    matching(text)
    return text


def _effect(word: object) -> Effect:
    if word not in set(Effect):
        raise ValueError(f"is {word!r}; it must be allow, deny or hold")
    return Effect(str(word))


Scalar = str | int | float | bool | None
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
NamesEntry = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_non_empty)]
Host = Annotated[str, Field(pattern=r"^(\*\.)?[A-Za-z0-9][A-Za-z0-9.-]*$")]
HostsEntry = Annotated[tuple[Host, ...], Field(strict=False, min_length=1)]
RootsEntry = Annotated[tuple[Annotated[str, AfterValidator(_root)], ...], Field(strict=False, min_length=1)]
EffectEntry = Annotated[Effect, Field(strict=False)]


class Entry(BaseModel):
    """A part of the file; what it does not know is a fault, since a typing error must not open a door."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class ConditionEntry(Entry):
    """What must be so of one argument: all that is said."""

    path: Annotated[str, AfterValidator(_path)]
    equals: Scalar = None
    one_of: Annotated[tuple[Scalar, ...], Field(strict=False, alias="in", min_length=1)] = ()
    matches: Annotated[str, AfterValidator(_regex)] | None = None
    less: float | None = None
    greater: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    host_in: HostsEntry | None = None
    exists: bool = True

    @model_validator(mode="after")
    def _asks_something(self) -> "ConditionEntry":
        asked = self.model_fields_set - {"path"}
        if not asked:
            raise ValueError(
                "asks nothing: add equals, in, matches, less, greater, at_most, at_least, host_in or exists"
            )
        if not self.exists and len(asked) > 1:
            raise ValueError("says exists: false and asks more of what is not there")
        return self


class SelectorEntry(Entry):
    """Which calls are meant; lists are names with `*` for any text, of which one must fit."""

    tools: NamesEntry | None = None
    services: NamesEntry | None = None
    tags: NamesEntry | None = None
    users: NamesEntry | None = None
    keys: NamesEntry | None = None
    read_only: bool | None = None
    needs_approval: bool | None = None
    reaches_outside: bool | None = None
    spends: bool | None = None


class RuleEntry(SelectorEntry):
    """One rule."""

    name: Name
    effect: EffectEntry
    reason: str = ""
    arguments: Annotated[tuple[ConditionEntry, ...], Field(strict=False)] = ()
    arguments_from_untrusted: bool | RootsEntry | None = None
    egress_hosts: HostsEntry | None = None

    @field_validator("effect", mode="before")
    @classmethod
    def _known_effect(cls, value: object) -> Effect:
        return _effect(value)

    @model_validator(mode="after")
    def _hosts_of_a_call_that_is_made(self) -> "RuleEntry":
        if self.egress_hosts and self.effect is Effect.DENY:
            raise ValueError("egress_hosts are told to a tool that is called; a rule that denies tells none")
        return self


class LimitEntry(SelectorEntry):
    """One limit."""

    name: Name
    per: Annotated[frozenset[Literal["tool", "user", "key"]], Field(strict=False)] = frozenset()
    rate: str | None = None
    burst: Annotated[int, Field(gt=0)] | None = None
    concurrent: Annotated[int, Field(gt=0)] | None = None

    @field_validator("rate")
    @classmethod
    def _can_be_read(cls, value: str | None) -> str | None:
        if value is not None:
            rate_of(value)
        return value

    @model_validator(mode="after")
    def _limits_something(self) -> "LimitEntry":
        if self.rate is None and self.concurrent is None:
            raise ValueError("limits nothing: add rate, such as 30/minute, or concurrent")
        if self.burst is not None and self.rate is None:
            raise ValueError("burst goes with rate")
        return self


class RedactEntry(Entry):
    """What is a secret."""

    patterns: Annotated[tuple[Annotated[str, AfterValidator(secret_pattern)], ...], Field(strict=False)] = ()
    fields: Annotated[tuple[Text, ...], Field(strict=False)] = ()


class UnmatchedEntry(Entry):
    """What becomes of calls that no rule fits."""

    reads_only: EffectEntry = Effect.ALLOW
    otherwise: EffectEntry = Effect.DENY

    @field_validator("reads_only", "otherwise", mode="before")
    @classmethod
    def _known_effect(cls, value: object) -> Effect:
        return _effect(value)


class TagsEntry(Entry):
    """Which tags say that a tool reaches outside, or spends."""

    outside: Annotated[frozenset[Text], Field(strict=False)] = frozenset(
        ("web", "network", "outside", "openapi", "mcp", "grpc")
    )
    spends: Annotated[frozenset[Text], Field(strict=False)] = frozenset(("paid", "spends"))


class PolicyEntries(Entry):
    """The whole file."""

    version: Literal[1]
    built_in_tools: Literal["allow", "by_rules"] = "by_rules"
    rules: Annotated[tuple[RuleEntry, ...], Field(strict=False)] = ()
    limits: Annotated[tuple[LimitEntry, ...], Field(strict=False)] = ()
    redact: RedactEntry = RedactEntry()
    unmatched: UnmatchedEntry = UnmatchedEntry()
    tags: TagsEntry = TagsEntry()


def rate_of(text: str) -> tuple[int, int]:
    """Calls, and the seconds in which they may be made, of a text such as "30/minute"."""
    count, _, unit = text.replace(" ", "").partition("/")
    if not count.isdecimal() or int(count) == 0 or unit not in _SECONDS:
        raise ValueError(f"{text!r} is no rate; write 30/minute, with second, minute, hour or day")
    return int(count), _SECONDS[unit]
