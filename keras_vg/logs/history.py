"""The history of a training, wherever it was kept: a CSV with any separator, a table, or a dict of lists."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

_LOSS = re.compile(r"(^|[^a-z])loss([^a-z]|$)", re.IGNORECASE)
_TRAINING_LOSS = re.compile(r"(train(ing)?[-_./ ]?loss|loss[-_./ ]?train(ing)?)", re.IGNORECASE)
_INDEX = re.compile(r"|index|Unnamed: \d+", re.IGNORECASE)


def list_losses(columns: Iterable[Any]) -> list[str]:
    """Lists the columns that are losses: those with `loss` as a word of their names.

    Args:
        columns: The columns of a table, or of a file's header.

    Returns:
        Their names, validation losses included.

    Example:
        >>> list_losses(["epoch", "loss", "d_loss", "val_loss", "lossless"])
        ['loss', 'd_loss', 'val_loss']
    """
    return [str(name) for name in columns if _LOSS.search(str(name))]


def is_history(source: Any) -> bool:
    """Whether something is a Keras `History`, which is told without Keras."""
    return isinstance(getattr(source, "history", None), Mapping) and hasattr(source, "epoch")


def make_history(table: Any) -> pd.DataFrame:
    """Brings a history into one form.

    Args:
        table: A Keras `History`, or a table or dict with a column per metric and a row per epoch. The epochs may be in
            a column `epoch`, in one without a name (as `DataFrame.to_csv` writes its index), or missing: then they are
            counted from 0. The loss may be called `loss` or `train_loss`; a history of several losses and no `loss` (of
            a GAN) has none that could be judged.

    Returns:
        The table with the column `epoch` first, and with `loss` where it is known which column that is.

    Example:
        >>> make_history({"train_loss": [0.7, 0.6]})["loss"].tolist()
        [0.7, 0.6]
    """
    if is_history(table):
        table = {**({} if "epoch" in table.history else {"epoch": table.epoch}), **table.history}
    history = pd.DataFrame({str(name): pd.Series(values) for name, values in dict(table).items()})
    if "epoch" not in history.columns:
        named = {name.lower(): name for name in history.columns}
        first = next(iter(history.columns), "")
        if "epoch" in named:
            history = history.rename(columns={named["epoch"]: "epoch"})
        elif _INDEX.fullmatch(first) and history[first].is_monotonic_increasing:
            history = history.rename(columns={first: "epoch"})
        else:
            history.insert(0, "epoch", range(len(history)))
    if "loss" not in history.columns:
        candidates = [name for name in history.columns if _TRAINING_LOSS.fullmatch(name)]
        if len(candidates) == 1:
            history["loss"] = history[candidates[0]]
    return history


def split_header(header: str) -> list[str]:
    """Splits the first line of a CSV whose separator is not known."""
    return next(csv.reader([header], delimiter=_find_separator(header)), [])


def _find_separator(header: str) -> str:
    return max(",;\t|", key=lambda character: len(next(csv.reader([header], delimiter=character), [])))


def read_history(source: "Path | bytes", header: str) -> pd.DataFrame:
    """Reads a CSV that holds a history.

    Args:
        source: The file, or its text.
        header: Its first line, by which the separator is found: a comma, a semicolon, a tab or a bar. With a
            semicolon, numbers may have a decimal comma.

    Returns:
        The table as it stands in the file.
    """
    separator = _find_separator(header)

    def read(**options: str) -> pd.DataFrame:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        return pd.read_csv(file, sep=separator, **options)  # type: ignore[call-overload]

    table = read()
    losses = [table[name] for name in list_losses(table.columns)]
    if separator == ";" and not all(map(pd.api.types.is_numeric_dtype, losses)):
        table = read(decimal=",")
    return table
