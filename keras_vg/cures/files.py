"""A model and its data from files, as the shell commands take them."""

import os
import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_vg.cures.data import describe_rows, find_nonfinite_rows
from keras_vg.text import quote_error

_REQUIRED, _OPTIONAL = ("x", "y"), ("x_val", "y_val", "sample_weight")


def load_compiled(path: str | os.PathLike[str]) -> keras.Model:
    """Loads a compiled model in Keras's safe mode: no code of the file's own is run.

    Args:
        path: A `.keras` file.

    Returns:
        The model.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no model that can be loaded safely, or the model is not compiled.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There must be a file of the model. Received: {os.fspath(path)!r}, which is none.")
    try:
        with warnings.catch_warnings():
            # The optimizer of a model that was never trained; trials start anew in any case.
            warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
            model = keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # whatever is wrong with a file, a user gets one line
        raise ValueError(
            f"The model must be a .keras file that Keras can load in safe mode. Received: {os.fspath(path)!r}, and "
            f"{quote_error(error)}"
        ) from error
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"The model must be compiled. Received: {os.fspath(path)!r}, not compiled. Save it after model.compile."
        )
    return model


def load_arrays(path: str | os.PathLike[str]) -> Mapping[str, np.ndarray]:
    """Loads `x` and `y`, and perhaps `x_val`, `y_val` and `sample_weight`, from a `.npz` file.

    Args:
        path: What `numpy.savez` wrote.

    Returns:
        The arrays by name.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no such file, holds Python objects, lacks `x` or `y`, or has one of `x_val` and `y_val`.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There must be a file of the data. Received: {os.fspath(path)!r}, which is none.")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in (*_REQUIRED, *_OPTIONAL) if name in getattr(file, "files", ())}
    except Exception as error:  # numpy has many ways to refuse a file
        raise ValueError(
            f"The data must be a .npz file of arrays of numbers, as numpy.savez writes. Received: {os.fspath(path)!r}, "
            f"and {quote_error(error)}"
        ) from error
    missing = [name for name in _REQUIRED if name not in arrays]
    if missing or ("x_val" in arrays) != ("y_val" in arrays):
        raise ValueError(
            "The data must hold `x` and `y`, and both or none of `x_val` and `y_val`. "
            f"Received: {os.fspath(path)!r} with {', '.join(arrays) or 'none of them'}."
        )
    return arrays


def list_nonfinite_rows(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Says which rows of which arrays hold NaN or infinity.

    Args:
        arrays: Arrays by name.

    Returns:
        A sentence for each array that has such rows, with the numbers of the first ten.
    """
    rows = {name: find_nonfinite_rows(array) for name, array in arrays.items()}
    return [f"`{name}` holds NaN or infinity in rows {describe_rows(bad)}." for name, bad in rows.items() if len(bad)]


def get_validation(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray] | None:
    """The validation data of a file, None if it has none."""
    return (arrays["x_val"], arrays["y_val"]) if "x_val" in arrays else None


def check_output(path: str | os.PathLike[str]) -> None:
    """Checks that a model can be saved, before hours of training.

    Args:
        path: The file to write.

    Raises:
        ValueError: If it is no `.keras` file, or its folder does not exist.
    """
    folder = os.path.dirname(os.fspath(path)) or "."
    if not os.fspath(path).endswith(".keras") or not os.path.isdir(folder):
        raise ValueError(f"The output must be a .keras file in a folder that exists. Received: {os.fspath(path)!r}.")


def save_cured(found: Any, path: str | os.PathLike[str], seed: int = 0) -> None:
    """Trains a cured model once more and saves it.

    Args:
        found: A `Cure`.
        path: The `.keras` file to write.
        seed: Of the initial weights and the batches.
    """
    model = found.make_model(seed)
    keras.utils.set_random_seed(seed)
    model.fit(**found.fit_options, verbose=0)
    model.save(path)
