"""What an import takes and how its tools behave."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from toolmesh_core.errors import InvalidInput

_PREFIX = re.compile(r"[A-Za-z0-9_-]{0,32}")


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import a service.

    Attributes:
        services: patterns (`*`, `?`) of full service names; other services are not even read.
        methods: patterns of "package.Service.Method".
        read_only: patterns of the methods that change nothing; whoever runs ToolMesh says so, not the service.
        writes_need_approval: a person approves each call of a method that is not read_only.
        name_prefix: put before each tool's name, such as "billing_".
        original_names: fields are called as in the proto file (`page_size`), not by their JSON names (`pageSize`).
        timeout_s: the longest one call may take.
        import_timeout_s: the longest the reading of descriptors may take.
        max_output_bytes: the most that one call may give, as JSON; a larger message is not even received.
        max_messages: the most messages of one stream.

    Raises:
        InvalidInput: the prefix cannot be part of a tool's name.
    """

    services: tuple[str, ...] = ("*",)
    methods: tuple[str, ...] = ("*",)
    read_only: tuple[str, ...] = ()
    writes_need_approval: bool = True
    name_prefix: str = ""
    original_names: bool = False
    timeout_s: float = 30.0
    import_timeout_s: float = 30.0
    max_output_bytes: int = 2 * 2**20
    max_messages: int = 200

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.name_prefix):
            raise InvalidInput(
                f"name_prefix {self.name_prefix!r} must be at most 32 of letters, digits, '_' and '-'",
                field="name_prefix",
            )


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns fits the whole name, case told apart."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
