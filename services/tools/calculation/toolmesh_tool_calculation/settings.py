"""Settings of the calculation tools, read from TOOLMESH_TOOL_CALCULATION_*."""

from pathlib import Path

from pydantic import Field, field_validator

from toolmesh_core.errors import ToolError
from toolmesh_core.settings import service_config
from toolmesh_tool_calculation.domain.places import find_zone
from toolmesh_toolkit import ToolSettings


class CalculationSettings(ToolSettings):
    """What the calculation tools can be told."""

    model_config = service_config("TOOL_CALCULATION")

    rates_file: Path | None = Field(
        None,
        description="JSON or CSV table of exchange rates; unset: rates.json or .csv of data_dir, else a sample.",
    )
    time_zone: str = Field("UTC", description="Zone or city that 'today' and a time without a place belong to.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            find_zone(value)
        except ToolError as error:
            raise ValueError(error.message) from error
        return value
