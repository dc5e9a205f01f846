"""The tree of an expression: what was written, and nothing yet computed."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from toolmesh_tool_calculation.domain.units import Unit


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or date as written."""

    value: Fraction | date


@dataclass(frozen=True, slots=True)
class Constant:
    """pi or e."""

    name: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with a unit."""

    amount: "Node"
    unit: Unit


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign before (-) or after (%, !) its operand."""

    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """left operator right."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Convert:
    """A quantity wanted in another unit."""

    operand: "Node"
    unit: Unit


Node = Literal | Constant | Measured | Unary | Binary | Call | Convert
