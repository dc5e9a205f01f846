"""Where the protos are."""

from pathlib import Path

import pytest


@pytest.fixture
def protos() -> Path:
    return Path(__file__).parents[3] / "protos"
