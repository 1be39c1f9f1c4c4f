"""The columns of every log, declared once, and the function that tells by them which log a table is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pandas as pd

from keras_vg.logs.history import list_losses

Block: TypeAlias = Mapping[str, Any]
"""Rows of a log by column: an array or list each, or one value for all rows."""

LogType: TypeAlias = Literal["history", "gradients", "activations", "deltas"]

LOG_TYPES: tuple[LogType, ...] = ("history", "gradients", "activations", "deltas")
"""In the order in which a report shows them."""


@dataclass(frozen=True)
class Schema:
    """The fixed columns of one type of log.

    Attributes:
        name: What the log is called in messages, e.g. `"delta log"`.
        log_type: Its key in an `Evidence` and in a run's tables.
        columns: Column name to its Python type (`int`, `float` or `str`), in file order.
        value: The column that `compare` shows unless told otherwise.
    """

    name: str
    log_type: LogType
    columns: Mapping[str, type]
    value: str

    @property
    def numbers(self) -> list[str]:
        """The columns that hold measured numbers rather than keys."""
        return [column for column, dtype in self.columns.items() if dtype is float]

    @property
    def texts(self) -> list[str]:
        """The columns that hold names."""
        return [column for column, dtype in self.columns.items() if dtype is str]

    @property
    def one(self) -> str:
        """The log's name in messages, with its article: `"a delta log"`."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"

    def check(self, table: object) -> None:
        """Raises unless a table is one of this log, as `read_log` returns it.

        Args:
            table: What should be the table.

        Raises:
            TypeError: If it is no table.
            ValueError: If `run` or one of the log's columns is missing.
        """
        columns = check_table(table).columns
        missing = [column for column in ("run", *self.columns) if column not in columns]
        if missing:
            raise ValueError(
                f"{self.one.capitalize()} is needed. Received: a table without the columns {', '.join(missing)}. "
                f"Pass what `read_log` returns of {self.one}."
            )


DELTA = Schema(
    name="delta log",
    log_type="deltas",
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
    log_type="gradients",
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
    log_type="activations",
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

HISTORY = Schema(name="history", log_type="history", columns={"epoch": int, "loss": float}, value="loss")
"""A Keras `History`, or the log of a `keras.callbacks.CSVLogger`, as `make_history` returns it: it has further columns,
one per metric, and no `loss` if it holds several losses (of a GAN) and none is called so."""

SCHEMAS = (DELTA, GRADIENT, ACTIVATION)
"""The logs that this package writes."""


class UnknownLogError(ValueError):
    """A table or a file is none that could be judged: it has the columns of no log, or no rows."""


def identify(columns: Iterable[str], what: str = "a table") -> Schema:
    """Says which log has these columns. Nothing else in the package decides that.

    A log of this package names layers by `depth` and `layer`, a history does not. Of the logs of this package it is
    the one with the most of the columns that only it has. Further columns, such as `run`, do not matter.

    Args:
        columns: The columns of a table, or of a file's header.
        what: What they are of, for the message: `"a table"`, or a file's name.

    Returns:
        One of `SCHEMAS`, or `HISTORY`.

    Raises:
        UnknownLogError: If they are of no log.
        ValueError: If some of a log's columns are missing.

    Example:
        >>> identify(["epoch", "loss", "accuracy"]).name
        'history'
    """
    present = list(columns)
    if {"depth", "layer"} & set(present):
        schema = max(SCHEMAS, key=lambda schema: len(_list_own_columns(schema) & set(present)))
        missing = [column for column in schema.columns if column not in present]
        if _list_own_columns(schema) & set(present):
            if missing:
                raise ValueError(
                    f"{schema.one.capitalize()} must have the columns {', '.join(schema.columns)}. "
                    f"Received: {what} without {', '.join(missing)}. Pass the table as `read_log` returns it."
                )
            return schema
    if not list_losses(present):
        raise UnknownLogError(
            "A table must be a log of this package, or a training's history with a column `loss`, `train_loss`, "
            f"`d_loss` or the like, as `keras.callbacks.CSVLogger` writes it. Received: {what} with columns={present}."
        )
    return HISTORY


def check_table(table: object) -> pd.DataFrame:
    """Returns a table, and raises a `TypeError` if it is none, such as the path of a log."""
    if not isinstance(table, pd.DataFrame):
        raise TypeError(
            f"A log must be a table, as `read_log` returns it. Received: {type(table).__name__}. "
            "Read the file first: `log = keras_vg.read_log(path)`."
        )
    return table


def _list_own_columns(schema: Schema) -> set[str]:
    """The columns that no other log has."""
    return set(schema.columns).difference(*(other.columns for other in SCHEMAS if other is not schema))
