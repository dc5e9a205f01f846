"""One platform, shared by all end-to-end tests of a run."""

from collections.abc import Iterator

import pytest
from fixtures.running_platform import RunningPlatform, start_platform, stop_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    running = start_platform(tmp_path_factory.mktemp("platform"))
    yield running
    stop_platform(running)
