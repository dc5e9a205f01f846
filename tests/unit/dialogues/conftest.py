"""The built-in gallery for the tests of the dialogues library."""

import pytest

from toolmesh_dialogues.gallery.built_in import built_in_tools
from toolmesh_dialogues.gallery.gallery import Gallery


@pytest.fixture(scope="session")
def gallery() -> Gallery:
    return Gallery(built_in_tools())
