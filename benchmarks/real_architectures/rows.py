"""Compares rows of a gradient log with gradients that were computed in another way."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from real_architectures.independent import Norms

FLOOR = 1e-6
"""A gradient whose norm is below this part of the step's largest is compared by its absolute difference, over that
part: what is 0 but for rounding, such as a bias before a normalization, has no relative precision."""


@dataclass(frozen=True)
class Difference:
    """The largest relative difference of some rows, NaN if there are none, and where it is."""

    largest: float
    at: str


def compare_rows(rows: pd.DataFrame, expected: Sequence[Norms]) -> Difference:
    """Compares the rows of one step with the norms of gradients that were computed independently.

    Args:
        rows: The rows of a gradient log, one per weight, in the order of the weights.
        expected: The norms of each weight's gradients, one per call of an optimizer.

    Returns:
        The largest difference in `gradient_norm`, `gradient_norm_max` and `gradient_rms`, relative to the norm, but at
        least to `FLOOR` times the largest norm; infinite where one is finite and the other is not, or where a row and
        the computation do not agree on whether there is a gradient.
    """
    if len(rows) != len(expected):
        raise ValueError(f"There must be a row per weight. Received: {len(rows)} rows, {len(expected)} weights.")
    largest = max((n for norms in expected for n in norms if n is not None and np.isfinite(n)), default=0.0)
    found = [
        (_compare(row, norms, FLOOR * largest), f"{row['layer']}/{row['weight']}")
        for (_, row), norms in zip(rows.iterrows(), expected, strict=True)
    ]
    return Difference(*max(found)) if found else Difference(np.nan, "")


def _compare(row: "pd.Series[float]", norms: Norms, floor: float) -> float:
    values = np.array([norm for norm in norms if norm is not None])
    is_finite = np.isfinite(values)
    if row["steps"] == 0 and (values.size == 0 or (keras.backend.backend() == "jax" and not values.any())):
        return 0.0
    if row["steps"] != values.size or row["nonfinite_steps"] != (~is_finite).sum():
        return float("inf")
    finite = values[is_finite]
    if finite.size == 0:
        return 0.0 if np.isnan(row["gradient_norm"]) else float("inf")
    wanted = {
        "gradient_norm": finite.mean(),
        "gradient_norm_max": finite.max(),
        "gradient_rms": np.sqrt(np.mean(finite**2) / row["size"]),
    }
    scale = {"gradient_rms": np.sqrt(row["size"])}
    differences = [
        abs(row[name] - value) * scale.get(name, 1.0) / max(value * scale.get(name, 1.0), floor, 1e-300)
        for name, value in wanted.items()
    ]
    return float(max(differences))
