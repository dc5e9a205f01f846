"""The bounds that decisions keep; the settings fill them in."""

from dataclasses import dataclass, field
from typing import Literal

from toolmesh_controller.domain.choose import FusionWeights
from toolmesh_controller.domain.grammar import Bounds
from toolmesh_controller.domain.led_weights import LedWeights

# Whether the model judges tools and writes whole calls: one that was trained for it does, a bare small one cannot.
LedByModel = Literal["adapters", "always", "never"]


@dataclass(frozen=True, slots=True)
class Limits:
    """See settings.py for what each one is for."""

    answer_tokens: int = 512
    report_tokens: int = 120
    argument_tokens: int = 256
    max_tool_calls: int = 8
    scored_candidates: int = 8
    default_adapter: str = ""
    led_by_model: LedByModel = "adapters"
    bounds: Bounds = field(default_factory=Bounds)
    weights: FusionWeights = field(default_factory=FusionWeights)
    led: LedWeights = field(default_factory=LedWeights)
