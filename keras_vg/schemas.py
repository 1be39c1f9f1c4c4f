"""The columns of every log, declared once for those who write them and those who read them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Schema:
    """The fixed columns of one kind of log.

    Attributes:
        name: What the log is called in messages, e.g. `"delta log"`.
        columns: Column name to its Python type (`int`, `float` or `str`), in file order.
        value: The column that `compare` shows unless told otherwise.
    """

    name: str
    columns: Mapping[str, type]
    value: str

    @property
    def numbers(self) -> list[str]:
        """The columns that hold measured figures rather than keys."""
        return [column for column, kind in self.columns.items() if kind is float]

    @property
    def texts(self) -> list[str]:
        """The columns that hold names."""
        return [column for column, kind in self.columns.items() if kind is str]


DELTA = Schema(
    name="delta log",
    columns={
        "epoch": int,
        "depth": int,
        "layer": str,
        "weight": str,
        "index": int,
        "before": float,
        "after": float,
        "delta": float,
        "learning_rate": float,
        "implied_gradient": float,
    },
    value="implied_gradient",
)

GRADIENT = Schema(
    name="gradient log",
    columns={
        "epoch": int,
        "step": int,
        "depth": int,
        "layer": str,
        "weight": str,
        "size": int,
        "steps": int,
        "gradient_norm": float,
        "gradient_norm_max": float,
        "gradient_rms": float,
        "zero_fraction": float,
        "nonfinite_steps": int,
        "weight_norm": float,
        "delta_norm": float,
        "update_ratio": float,
        "learning_rate": float,
    },
    value="gradient_rms",
)

ACTIVATION = Schema(
    name="activation log",
    columns={
        "epoch": int,
        "depth": int,
        "layer": str,
        "activation": str,
        "units": int,
        "mean": float,
        "std": float,
        "abs_max": float,
        "saturated_fraction": float,
        "dead_fraction": float,
    },
    value="std",
)

SCHEMAS = (DELTA, GRADIENT, ACTIVATION)
