"""Settings of the web tools."""

import pytest
from pydantic import ValidationError

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.bootstrap import open_desk
from toolmesh_tool_web.settings import WebSettings


async def test_by_default_every_host_is_refused_by_a_message_that_names_the_setting() -> None:
    async with open_desk(WebSettings()) as desk:
        with pytest.raises(ToolError, match="TOOLMESH_TOOL_WEB_ALLOWED_HOSTS"):
            await desk.client.get("https://example.com/")


@pytest.mark.parametrize(
    ("allowed", "private"),
    [("*", ""), ("http://example.com", ""), ("example.com", "other.test"), ("a.test", "a.test:80")],
)
def test_bad_lists_of_hosts_are_refused(allowed: str, private: str) -> None:
    with pytest.raises(ValidationError):
        WebSettings(allowed_hosts=allowed, private_hosts=private)


def test_lists_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLMESH_TOOL_WEB_ALLOWED_HOSTS", "example.com, *.example.org")
    assert WebSettings().allowed_hosts == "example.com, *.example.org"
