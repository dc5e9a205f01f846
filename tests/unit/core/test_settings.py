"""Settings: all errors at once, no secret shown."""

import pytest
from pydantic import Field, SecretStr

from toolmesh_core.settings import ServiceSettings, load_settings, service_config


class ProbeSettings(ServiceSettings):
    """Settings of a made-up service."""

    model_config = service_config("PROBE")
    most: int = Field(3, gt=0, description="How many.")
    api_key: SecretStr = Field(SecretStr(""), max_length=4, description="A key.")


def test_a_setting_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLMESH_PROBE_MOST", "5")
    assert load_settings(ProbeSettings).most == 5


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLMESH_PROBE_MOST", "")
    assert load_settings(ProbeSettings).most == 3


def test_all_bad_settings_are_listed_with_their_variable_and_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOOLMESH_PROBE_MOST", "none")
    monkeypatch.setenv("TOOLMESH_PROBE_DRAIN_TIMEOUT_S", "-1")
    with pytest.raises(SystemExit) as caught:
        load_settings(ProbeSettings)
    told = capsys.readouterr().err
    assert caught.value.code == 2
    assert "TOOLMESH_PROBE_MOST" in told
    assert "'none'" in told
    assert "TOOLMESH_PROBE_DRAIN_TIMEOUT_S" in told


def test_a_bad_secret_is_named_but_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOOLMESH_PROBE_API_KEY", "far too long")
    with pytest.raises(SystemExit):
        load_settings(ProbeSettings)
    told = capsys.readouterr().err
    assert "TOOLMESH_PROBE_API_KEY" in told
    assert "far too long" not in told
