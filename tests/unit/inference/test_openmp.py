"""Waiting threads sleep soon, unless the environment says otherwise."""

import os

import pytest

from toolmesh_inference.adapters.openmp import spin_briefly


def test_threads_spin_briefly_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "")
    monkeypatch.delenv("GOMP_SPINCOUNT")
    spin_briefly()
    assert os.environ["GOMP_SPINCOUNT"] == "1000"


@pytest.mark.parametrize("variable", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"])
def test_what_the_environment_says_stays(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "")
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv(variable, "7")
    spin_briefly()
    assert os.environ[variable] == "7"
    assert variable == "GOMP_SPINCOUNT" or "GOMP_SPINCOUNT" not in os.environ
