"""Tools that look something up: the user's documents, the weather."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from toolmesh_core.errors import ToolError
from toolmesh_tool_data.bootstrap import Desk
from toolmesh_tool_data.domain.forecasts import find_place, forecast_for, parse_day
from toolmesh_toolkit import Example, ToolContext, tool

MAX_PASSAGE_CHARS = 1200


class Passage(TypedDict):
    """A piece of a document; page 0 where there are no pages."""

    title: str
    source: str
    page: int
    text: str


class FoundPassages(TypedDict):
    """Passages, best first."""

    query: str
    passages: list[Passage]


class Weather(TypedDict):
    """The forecast of a day; temperatures in degrees Celsius."""

    place: str
    date: str
    condition: str
    high_c: float
    low_c: float
    chance_of_rain_percent: int
    wind_kmh: float
    data_date: str
    data_source: str


@tool(
    idempotent=True,
    read_only=True,
    timeout=timedelta(seconds=20),
    tags=("documents",),
    version="1",
    examples=[
        Example("What do my documents say about the refund policy?", {"query": "refund policy"}),
        "Search my files for the installation steps",
        "According to the uploaded handbook, how many holidays are there?",
        Example("我的文档里关于保修期是怎么说的", {"query": "保修期"}),
    ],
)
async def search_documents(
    query: Annotated[
        str, Field(min_length=1, max_length=500, description='What to look for, such as "refund policy".')
    ],
    context: ToolContext[Desk],
    limit: Annotated[int, Field(ge=1, le=10, description="At most this many passages.")] = 3,
) -> FoundPassages:
    """Search the user's own uploaded documents and files and return the passages that answer a question."""
    if not context.user:
        raise ToolError("documents belong to a user, and this call names none", reason="NO_USER")
    found = await context.state.documents.search(context.user, query, limit)
    passages = [
        Passage(title=item.title, source=item.source, page=item.page, text=item.text[:MAX_PASSAGE_CHARS])
        for item in found
    ]
    return FoundPassages(query=query, passages=passages)


@tool(
    idempotent=True,
    read_only=True,
    timeout=timedelta(seconds=5),
    tags=("weather",),
    version="1",
    examples=[
        Example("What is the weather in Paris tomorrow?", {"place": "Paris", "day": "tomorrow"}),
        Example("Will it rain in London today?", {"place": "London"}),
        "How warm will it be in Madrid on Saturday?",
        Example("北京明天天气怎么样", {"place": "北京", "day": "明天"}),
        "上海周末会下雨吗",
    ],
)
def get_weather(
    place: Annotated[str, Field(min_length=1, max_length=80, description='The city, such as "Paris" or "北京".')],
    context: ToolContext[Desk],
    day: Annotated[
        str, Field(max_length=40, description='The day: "today", "tomorrow", a weekday or a date such as "2024-03-01".')
    ] = "today",
) -> Weather:
    """Get the weather forecast of a city for a day: condition, temperature, rain and wind."""
    today = context.state.today()
    table = context.state.weather.table(today)
    found = find_place(place, table)
    forecast = forecast_for(found, parse_day(day, today), table)
    return Weather(
        place=found,
        date=forecast.day.isoformat(),
        condition=forecast.condition,
        high_c=forecast.high_c,
        low_c=forecast.low_c,
        chance_of_rain_percent=forecast.chance_of_rain_percent,
        wind_kmh=forecast.wind_kmh,
        data_date=table.as_of.isoformat(),
        data_source=table.source,
    )
