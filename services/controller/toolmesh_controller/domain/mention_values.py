"""Whether a mention can be a parameter's value, and the JSON value it then gives."""

import re
from typing import Any

from toolmesh_controller.domain.mentions import Mention
from toolmesh_controller.domain.tool_schema import Node, Parameter, kind_of, simple_node
from toolmesh_controller.domain.words import split_identifier

_DATE_WORDS = re.compile(r"\bdates?\b|\bday\b|yyyy|\bdeadline\b|\bbirthday\b|日期", re.I)
_TIME_WORDS = re.compile(r"\btimes?\b|\bhour\b|hh:mm|时间", re.I)
_MAIL_WORDS = re.compile(r"\be-?mail\b|\brecipient\b|\bsender\b|\bcc\b|邮箱|邮件", re.I)
_URL_WORDS = re.compile(r"\burls?\b|\blink\b|\bwebsite\b|\bwebpage\b|\buri\b|\bendpoint\b|网址|链接", re.I)
_ISO_ONLY = re.compile(r"yyyy|iso 8601", re.I)
_TEXT_WORDS = re.compile(r"\b(?:text|message|content|note|body|reminder|memo|sql|code|sentence)\b", re.I)
# A description says in its first words what the parameter is; further on, "date" may be about something else.
LEAD_CHARS = 30
_EXPRESSION_WORDS = re.compile(r"\bexpression\b|\bformula\b|\bequation\b|\barithmetic\b|表达式|算式", re.I)
_TYPED_WORDS = {
    "date": _DATE_WORDS,
    "day": _DATE_WORDS,
    "time": _TIME_WORDS,
    "email": _MAIL_WORDS,
    "url": _URL_WORDS,
    "expression": _EXPRESSION_WORDS,
    "rest": _TEXT_WORDS,
}
_FORMATS = {"date": "date", "time": "time", "email": "email", "url": "uri"}
_NUMERIC_TEXT = re.compile(r"\b(?:number|id|code|zip|postal|phone|year|amount|version|size|isbn)\b", re.I)
_PERCENT = re.compile(r"[\d.,]+\s*(?:%|percent\b|per cent\b)", re.I)
_RATE = re.compile(r"\b(?:rate|ratio|probability|proportion|share|discount|interest|growth|yield)\b", re.I)
_SPOKEN_PERCENT = re.compile(r"%|percent|per cent", re.I)
_FRACTION = re.compile(r"decimal|fraction|between 0 and 1|0\s?[-–to]+\s?1\b|\b0\.\d", re.I)
_DATE_PATTERNS = (
    (re.compile(r"mm/dd/yyyy", re.I), "{month}/{day}/{year}"),
    (re.compile(r"dd/mm/yyyy", re.I), "{day}/{month}/{year}"),
    (re.compile(r"mm-dd-yyyy", re.I), "{month}-{day}-{year}"),
    (re.compile(r"dd-mm-yyyy", re.I), "{day}-{month}-{year}"),
    (re.compile(r"yyyy/mm/dd", re.I), "{year}/{month}/{day}"),
)


def fit_of(parameter: Parameter, mention: Mention) -> float:
    """0 where the mention cannot be the value; 1 where its type is right; more where parameter and mention agree."""
    node = simple_node(parameter.node)
    kind = kind_of(node)
    if kind in ("integer", "number"):
        return _number_fit(parameter, kind, node, mention)
    if kind == "string":
        return _string_fit(parameter, node, mention)
    if kind == "array":
        return _array_fit(node, mention)
    return 1.5 if kind == "object" and mention.kind == "literal" and isinstance(mention.value, dict) else 0.0


def value_for(parameter: Parameter, mention: Mention, text: str) -> Any:
    """The mention as this parameter's value."""
    node = simple_node(parameter.node)
    kind = kind_of(node)
    written = text[mention.start : mention.end]
    if kind == "number" and _PERCENT.search(text, mention.start, mention.end + 10) and _is_fraction(parameter):
        return round(mention.value / 100, 10)
    if kind == "integer":
        return int(mention.value)
    if kind == "string" and mention.kind == "date":
        return written_date(parameter, str(mention.value))
    if kind == "string" and mention.kind == "number":
        return written.strip()
    if kind == "array" and kind_of(node.get("items", {})) == "string":
        return [item if isinstance(item, str) else str(item) for item in mention.value]
    return mention.value


def _is_fraction(parameter: Parameter) -> bool:
    """Whether 5% is 0.05 here: said so, or a rate of type number whose description does not speak of percent."""
    about = f"{split_identifier(parameter.name)} {parameter.description}"
    if _FRACTION.search(about):
        return True
    return _RATE.search(about) is not None and _SPOKEN_PERCENT.search(about) is None


def _number_fit(parameter: Parameter, kind: str, node: Node, mention: Mention) -> float:
    if mention.kind.startswith("date_"):
        return 2.0 if mention.kind.removeprefix("date_") in split_identifier(parameter.name).lower().split() else 0.0
    if mention.kind != "number" or (kind == "integer" and not float(mention.value).is_integer()):
        return 0.0
    least, most = node.get("minimum", mention.value), node.get("maximum", mention.value)
    return 1.0 if least <= mention.value <= most else 0.0


def _string_fit(parameter: Parameter, node: Node, mention: Mention) -> float:
    name = split_identifier(parameter.name)
    declared = str(node.get("format", ""))
    if declared:
        return 2.0 if _FORMATS.get(mention.kind) == declared else 0.0
    if mention.kind == "quoted":
        return 1.25
    if mention.kind == "number":
        return 0.3 if _NUMERIC_TEXT.search(name) else 0.0
    if mention.kind == "day" and _ISO_ONLY.search(parameter.description):
        return 0.0
    wanted = _TYPED_WORDS.get(mention.kind)
    if wanted is None:
        return 0.0
    said = name if mention.kind == "rest" else f"{name} . {parameter.description[:LEAD_CHARS]}"
    if mention.kind in ("email", "url", "expression"):
        said = f"{name} {parameter.description}"
    return 2.0 if wanted.search(said) else 0.0


def _array_fit(node: Node, mention: Mention) -> float:
    if mention.kind not in ("literal", "numbers", "quoted_list") or not isinstance(mention.value, list):
        return 0.0
    return 1.5 if all(_item_fits(item, node.get("items", {})) for item in mention.value) else 0.0


def _item_fits(item: Any, node: Node) -> bool:
    kind = kind_of(simple_node(node))
    if kind == "integer":
        return isinstance(item, (int, float)) and float(item).is_integer()
    if kind == "array":
        return isinstance(item, list) and all(_item_fits(inner, node.get("items", {})) for inner in item)
    wanted: dict[str, type | tuple[type, ...]] = {"number": (int, float), "string": str, "object": dict}
    return isinstance(item, wanted.get(kind, object))


def written_date(parameter: Parameter, iso: str) -> str:
    """A date in the form that the parameter's description asks for."""
    year, month, day = iso.split("-")
    for pattern, layout in _DATE_PATTERNS:
        if pattern.search(parameter.description):
            return layout.format(year=year, month=month, day=day)
    return iso
