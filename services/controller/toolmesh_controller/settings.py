"""Settings of the controller."""

from pydantic import Field

from toolmesh_controller.app.limits import LedByModel, Limits
from toolmesh_controller.domain.choose import FusionWeights
from toolmesh_controller.domain.grammar import Bounds
from toolmesh_core.settings import ServiceSettings, service_config


class ControllerSettings(ServiceSettings):
    """Environment variables TOOLMESH_CONTROLLER_*."""

    model_config = service_config("CONTROLLER")

    inference_address: str = Field("127.0.0.1:7103", description="gRPC target of the inference service.")
    inference_timeout_s: float = Field(
        120.0, gt=0, description="Seconds an inference call may take where the caller set no deadline."
    )
    models_kept_s: float = Field(30.0, ge=0, description="Seconds the list of models is kept before it is asked again.")
    answer_tokens: int = Field(
        512, gt=0, description="Most tokens of an answer whose request sets no limit; a small model may not stop."
    )
    report_tokens: int = Field(
        120, gt=0, description="Most tokens of an answer from tool results; a longer one gives way to the results."
    )
    argument_tokens: int = Field(256, gt=0, description="Most tokens of one argument, or of all where written at once.")
    max_tool_calls: int = Field(8, gt=0, le=64, description="Most calls of one decision where the request says 0.")
    scored_candidates: int = Field(
        8, gt=1, le=63, description="Most candidates the LLM is asked about when the scores leave the choice open."
    )
    default_adapter: str = Field(
        "tools",
        description="LoRA adapter used where a request names none and the model has it; empty uses the model as it is.",
    )
    led_by_model: LedByModel = Field(
        "adapters",
        description="Whether the model judges tools and writes whole calls by itself: where an adapter is used "
        "(which was trained for it), always (for a strong model), or never (rules decide what they can).",
    )
    string_chars: int = Field(200, gt=0, description="Most characters of a string that is not copied.")
    array_items: int = Field(16, gt=0, description="Most items of an array.")
    llm_weight: float = Field(
        FusionWeights().llm, ge=0, description="Weight of the LLM's log-probability; raise it for a stronger model."
    )
    decisive_lead: float = Field(
        FusionWeights().decisive_lead,
        ge=0,
        le=1,
        description="Lead in probability from which the LLM is not asked for the choice; 1 always asks, 0 never.",
    )

    def limits(self) -> Limits:
        return Limits(
            answer_tokens=self.answer_tokens,
            report_tokens=self.report_tokens,
            argument_tokens=self.argument_tokens,
            max_tool_calls=self.max_tool_calls,
            scored_candidates=self.scored_candidates,
            default_adapter=self.default_adapter,
            led_by_model=self.led_by_model,
            bounds=Bounds(string_chars=self.string_chars, array_items=self.array_items),
            weights=FusionWeights(llm=self.llm_weight, decisive_lead=self.decisive_lead),
        )
