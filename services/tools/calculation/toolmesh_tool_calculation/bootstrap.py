"""Picks the parts the calculation tools share: the rates, the clock, the home time zone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from toolmesh_core.clock import Clock, SystemClock
from toolmesh_tool_calculation.adapters.rates_file import RatesFile
from toolmesh_tool_calculation.domain.places import find_zone
from toolmesh_tool_calculation.settings import CalculationSettings


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools find in their context."""

    rates: RatesFile
    clock: Clock
    home: str = "UTC"

    def now_at(self, place: str) -> tuple[str, datetime]:
        """The zone's name and the local time of a place; of home where none is named.

        Raises:
            ToolError: UNKNOWN_PLACE or AMBIGUOUS_PLACE.
        """
        name, zone = find_zone(place.strip() or self.home)
        return name, self.clock.now().astimezone(zone)

    def today(self) -> date:
        """The date at home."""
        return self.now_at("")[1].date()


@asynccontextmanager
async def open_desk(settings: CalculationSettings) -> AsyncIterator[Desk]:
    """The desk for the life of the process."""
    yield Desk(RatesFile(settings.rates_file, settings.data_dir), SystemClock(), settings.time_zone)
