"""Guesses how to draw values of a parameter from its schema, its name and its description."""

import re
from collections.abc import Mapping
from typing import Any

from toolmesh_dialogues.values.names import name_words

_EXAMPLES = re.compile(
    r"\((?:e\.g\.|for example|such as|like)[,:]?\s+([^)]*)\)|(?:e\.g\.|such as)[,:]?\s+([^.;)]*)", re.I
)
_NOT_A_VALUE = re.compile(r"etc|\.\.\.|format|yyyy|separated", re.I)

# The last word that names something wins: "source language" is a language, "city name" a city.
_TEXT_BY_WORD: Mapping[str, str] = {
    **dict.fromkeys(("location", "city", "town", "destination", "origin", "place", "region", "venue"), "word city"),
    **dict.fromkeys(("person", "author", "customer", "employee", "student", "patient", "player", "recipient",
                     "sender", "participant", "owner", "user", "actor", "director", "contact", "guest"), "word person"),
    **dict.fromkeys(("date", "day", "deadline", "birthday", "birthdate"), "date"),
    **dict.fromkeys(("url", "link", "website", "webpage", "uri"), "url"),
    **dict.fromkeys(("id", "number", "code", "identifier", "reference", "sku"), "code"),
    **dict.fromkeys(("company", "organization", "organisation", "manufacturer", "brand", "employer"), "word company"),
    **dict.fromkeys(("product", "item"), "word product"),
    **dict.fromkeys(("message", "comment", "note", "body"), "word message"),
    **dict.fromkeys(("text", "sentence", "content", "input", "review", "paragraph"), "word sentence"),
    **dict.fromkeys(("food", "dish", "recipe", "meal"), "word food"),
    **dict.fromkeys(("film", "movie"), "word film"),
    **dict.fromkeys(("animal", "species", "pet", "organism"), "word animal"),
    **dict.fromkeys(("plant", "crop"), "word plant"),
    **dict.fromkeys(("symptom", "symptoms"), "word symptom"),
    **dict.fromkeys(("drug", "medicine", "medication"), "word medicine"),
    **dict.fromkeys(("topic", "subject", "keyword", "keywords", "query", "theme", "field"), "word topic"),
    **dict.fromkeys(("color", "colour"), "word colour"),
    **dict.fromkeys(("job", "occupation", "profession", "position"), "word job"),
    **dict.fromkeys(("file", "path", "document"), "word file"),
    **dict.fromkeys(("image", "photo", "picture"), "word image"),
    **dict.fromkeys(("artist", "band", "singer"), "word artist"),
    **dict.fromkeys(("task", "activity", "reminder"), "word task"),
    **dict.fromkeys(("event", "meeting", "appointment"), "word event"),
    **dict.fromkeys(("period", "timeframe"), "year_range"),
    "country": "word country", "nation": "word country", "currency": "word currency", "language": "word language",
    "email": "email", "phone": "phone", "telephone": "phone", "time": "time", "username": "username",
    "password": "password", "ingredient": "word ingredient", "ingredients": "word ingredient", "book": "word book",
    "song": "word song", "genre": "word genre", "sport": "word sport", "team": "word team", "disease": "word disease",
    "material": "word material", "planet": "word planet", "platform": "word platform", "address": "word street",
    "department": "word department", "word": "word word", "room": "word room", "audio": "word audio",
    "element": "word element", "airport": "word airport", "timezone": "word timezone",
    "duration": "example two weeks|three days|one month|45 minutes",
}  # fmt: skip
_NUMBER_BY_WORD: Mapping[str, str] = {
    **dict.fromkeys(("amount", "price", "cost", "budget", "salary", "income", "principal", "revenue"), "money 5 90000"),
    **dict.fromkeys(("rate", "probability", "confidence", "threshold", "ratio", "fraction"), "fraction"),
    **dict.fromkeys(("percent", "percentage", "discount", "humidity"), "percent"),
    **dict.fromkeys(("rating", "score", "stars"), "number 1 5"),
    "latitude": "number -60 60", "longitude": "number -150 150", "age": "integer 18 80", "year": "year",
    "temperature": "number 5 35", "quantity": "integer 1 20", "count": "integer 1 20", "level": "integer 1 5",
    "priority": "integer 1 5", "duration": "integer 5 180", "month": "integer 1 12", "hour": "integer 1 23",
    "population": "integer 1000 900000", "id": "integer 1000 99999", "limit": "integer 2 20",
}  # fmt: skip


def guessed_draw(name: str, description: str, schema: Mapping[str, Any]) -> str:
    """The kind of draw that suits a parameter; always one whose values the schema's type allows."""
    if schema.get("enum"):
        return "choice"
    kind = schema.get("type", "string")
    if kind == "array":
        return f"list {guessed_draw(_singular(name), description, schema.get('items', {'type': 'string'}))}"
    if kind in ("object", "boolean"):
        return {"object": "object", "boolean": "flag"}[kind]
    if kind in ("integer", "number"):
        return _bounded(_by_word(name, description, _NUMBER_BY_WORD) or "number 1 100", schema)
    return _guessed_text(name, description, schema)


def _guessed_text(name: str, description: str, schema: Mapping[str, Any]) -> str:
    by_format = {"date": "date", "email": "email", "uri": "url", "time": "time"}.get(str(schema.get("format", "")))
    if by_format:
        return by_format
    examples = _examples(description)
    if len(examples) > 1:
        return f"example {'|'.join(examples)}"
    found = _by_word(name, "", _TEXT_BY_WORD)
    if found == "code" and name_words(name)[-1] == "number" and "phone" in name:
        return "phone"
    # A bare "name" is a person's unless the description says of what.
    fallback = "word person" if name_words(name) == ["name"] else "word topic"
    return found or _by_word("", description, _TEXT_BY_WORD) or fallback


def _examples(description: str) -> list[str]:
    match = _EXAMPLES.search(description)
    if not match:
        return []
    listed = re.split(r",\s*|\s+or\s+|;\s*", match.group(1) or match.group(2) or "")
    examples = [one.strip(" '\"`.") for one in listed]
    return [
        one.removeprefix("or ").removeprefix("and ")
        for one in examples
        if one and len(one) < 40 and not _NOT_A_VALUE.search(one) and "|" not in one
    ]


def _by_word(name: str, description: str, table: Mapping[str, str]) -> str:
    for word in reversed(name_words(name)):
        if word in table:
            return table[word]
    return next((table[word] for word in name_words(description) if word in table), "")


def _bounded(draw: str, schema: Mapping[str, Any]) -> str:
    """The draw within the schema's own bounds and of its type."""
    kind, *bounds = draw.split(" ")
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        least = float(low) if low is not None else min(0.0, float(high or 0))
        most = float(high) if high is not None else least + 100
        return f"{'integer' if schema['type'] == 'integer' else 'number'} {least:g} {most:g}"
    if schema["type"] == "number":
        return draw
    if kind in ("integer", "percent", "year", "money"):
        return draw
    return " ".join(("integer", *bounds)) if bounds else "integer 1 100"


def _singular(name: str) -> str:
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")
