"""Arguments as JSON text."""

import json
from collections.abc import Mapping
from typing import Any


def arguments_text(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)
