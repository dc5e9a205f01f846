"""What must be known to repeat an evaluation."""

from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "toolmesh-evaluation",
    "toolmesh-controller",
    "toolmesh-inference",
    "toolmesh-retriever",
    "xllamacpp",
    "bfcl-eval",
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The command and what it stands for.

    Attributes:
        tools: "given" or "retrieved".
        told: whether the controller was told that a call or that a text is due.
        duration_s: seconds from the first case asked to the last one judged.
    """

    command: str
    set_name: str
    model: str
    adapter: str
    cases_in_set: int
    seed: int
    tools: str
    told: bool
    parallel: int
    duration_s: float
    versions: dict[str, str] = field(default_factory=lambda: versions_of(PACKAGES))

    def to_json(self) -> dict[str, object]:
        """As plain values."""
        return asdict(self)


def versions_of(packages: tuple[str, ...]) -> dict[str, str]:
    """The installed versions; a package that is not installed took no part and is left out."""
    found: dict[str, str] = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
