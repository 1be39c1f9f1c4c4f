"""The small ones of the real architectures; `benchmarks/real_models.py` tries all of them."""

import math

import keras
import numpy as np
import pandas as pd
import pytest

from helpers.long import shorten
from real_architectures import ARCHITECTURES, TOLERANCE, run_trial
from real_architectures.rows import compare_rows

SMALL = {architecture.name: (architecture,) for architecture in ARCHITECTURES if architecture.is_small}
QUICK = ["GAN"]
if keras.backend.backend() == "torch":  # which compiles nothing
    QUICK += ["siamese", "DQN", "VAE", "WGAN-GP", "mixture density", "TimeDistributed", "gradient accumulation"]
    QUICK += ["int8 with LoRA"]


@pytest.mark.model
@pytest.mark.parametrize("architecture", shorten(SMALL, QUICK))
def test_loggers_inspection_and_report(architecture, tmp_path):
    name = architecture.name
    if keras.backend.backend() not in architecture.backends:
        pytest.skip(f"only on {', '.join(architecture.backends)}: {name}")
    result = run_trial(architecture, tmp_path)
    assert result.has_true_gradients, (result.difference, result.rechecked, result.at)
    assert (result.bits, result.unnamed, result.errors, result.warnings) == ("equal", [], [], [])
    assert (tmp_path / "report.html").stat().st_size > 10_000


def make_row(norm, size=4):
    rms = norm / math.sqrt(size)
    metrics = {"gradient_norm": norm, "gradient_norm_max": norm, "gradient_rms": rms}
    return {"layer": "a", "weight": "kernel", "size": size, "steps": 1, "nonfinite_steps": 0, **metrics}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, 0.0), ({"gradient_norm": 2.002}, 0.001), ({"steps": 0}, math.inf), ({"nonfinite_steps": 1}, math.inf)],
)
def test_the_comparison_finds_what_differs(changes, expected):
    rows = pd.DataFrame([make_row(2.0) | changes, make_row(1e-9) | {"weight": "bias"}])
    difference = compare_rows(rows, [[2.0], [1e-9]])
    assert difference.largest == pytest.approx(expected)
    assert not expected or difference.at == "a/kernel"


def test_the_comparison_of_rounding_noise_is_relative_to_the_largest_gradient():
    rows = pd.DataFrame([make_row(2.0), make_row(1e-9) | {"weight": "bias"}])
    difference = compare_rows(rows, [[2.0], [3e-9]])
    assert difference.largest == pytest.approx(2e-9 / (1e-6 * 2.0))
    assert difference.largest > TOLERANCE
    assert np.isnan(compare_rows(rows[:0], []).largest)
