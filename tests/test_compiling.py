"""Programs are compiled whatever options this version of XLA knows, and a program that can't be compiled says so."""

import jax
import numpy as np
import pytest

from verify import compiling


def _double() -> object:
    with jax.enable_x64(True):
        return jax.make_jaxpr(lambda x: 2 * x)(np.ones(3))


def test_an_option_that_xla_does_not_know_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(compiling._OPTIONS, "xla_an_option_of_another_version", True)
    with jax.enable_x64(True):
        (doubled,) = compiling.start(_double()).result()(np.arange(3.0))
    assert doubled.dtype == np.float64
    assert doubled.tolist() == [0.0, 2.0, 4.0]
    assert "xla_an_option_of_another_version" not in compiling._OPTIONS


def test_another_failure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(compiling._OPTIONS, "xla_backend_optimization_level", "a word")
    with pytest.raises(Exception, match="xla_backend_optimization_level"):
        compiling.start(_double()).result()
