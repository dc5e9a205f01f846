"""What the README promises."""

import re
from pathlib import Path

from toolmesh_core.settings import ServiceSettings
from toolmesh_planner.settings import PlannerSettings

README = Path(__file__).parents[3] / "services" / "planner" / "README.md"


def test_the_readme_names_every_setting_with_its_default():
    rows = [row for row in README.read_text().splitlines() if row.startswith("| `") and row.count("|") == 4]
    told = {}
    for row in rows:
        names, defaults, _ = (cell.strip() for cell in row.strip("|").split("|", 2))
        told.update(zip(re.findall(r"`([A-Z_]+)`", names), defaults.split(", "), strict=False))
    own = {
        name.upper(): field
        for name, field in PlannerSettings.model_fields.items()
        if name not in ServiceSettings.model_fields
    }
    assert set(told) == set(own)
    for name, default in told.items():
        if default.replace(".", "").isdigit():
            assert float(default) == own[name].default
