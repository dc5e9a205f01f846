"""What whoever imports a document chooses: which operations, which server, which secrets, which names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The choices of one import. An operation is taken that fits each of `tags`, `names`, `paths` and `operations`
    that is given.

    Attributes:
        tags: it has one of them.
        names: patterns ("get-*") one of which its tool's name fits.
        paths: patterns ("/albums/*") one of which its path fits; "*" stands for "/" too.
        operations: patterns ("getAlbum", "GET /albums/*") one of which its operationId, or method and path, fits.
        leave_out: patterns of names and paths that are not taken, also not read.
        without_deprecated: no deprecated ones.
        name_prefix: put before each name, so that two APIs may both have a "search".
        server: an http or https address that stands for all servers of the document.
        server_variables: values of the servers' variables.
        secrets: the name of a secret by security scheme. Only these are ever looked up: a document cannot choose.
        writes_need_approval: what is not read-only asks a person before each call.
    """

    tags: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    without_deprecated: bool = False
    name_prefix: str = ""
    server: str = ""
    server_variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    writes_need_approval: bool = True

    def takes(self, name: str, path: str, tags: Iterable[str], *, spellings: Iterable[str], deprecated: bool) -> bool:
        """Whether an operation is taken.

        Args:
            spellings: its operationId where it has one, and its method and path.
        """
        return (
            not (deprecated and self.without_deprecated)
            and not (_fits(name, self.leave_out) or _fits(path, self.leave_out))
            and (not self.tags or not self.tags.isdisjoint(tags))
            and (not self.names or _fits(name, self.names))
            and (not self.paths or _fits(path, self.paths))
            and (not self.operations or any(_fits(spelling, self.operations) for spelling in spellings))
        )


def _fits(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)
