"""Logs and tables made up by hand."""

import numpy as np
import pandas as pd

from keras_vg.logs.schemas import ACTIVATION, DELTA, GRADIENT
from keras_vg.logs.writer import CsvLog


def make_block(values, epoch=0, layer="dense"):
    return {
        "epoch": epoch,
        "depth": 0,
        "layer": layer,
        "weight": "kernel",
        "index": np.arange(len(values)),
        "before": values,
        "after": values,
        "delta": values,
        "learning_rate": np.float32(0.001),
        "implied_gradient": values,
    }


def write_log(path, *blocks, **options):
    log = CsvLog(path, DELTA, **options)
    log.open()
    for block in blocks:
        log.write([block])
    log.close()
    return path


def make_gradients(rms, run="run", layers=None, **columns):
    """A gradient log with one kernel of 4 values per layer: `rms` of shape (epochs, layers)."""
    rms = np.asarray(rms, "float64")
    epochs, depths = (places.ravel() for places in np.indices(rms.shape))
    names = np.array(layers or [f"dense_{i}" for i in range(rms.shape[1])], dtype=object)
    fixed = {
        "run": run,
        "step": 9,
        "weight": "kernel",
        "size": 4,
        "steps": 10,
        "nonfinite_steps": 0,
        "weight_norm": 2.0,
    }
    figures = {"gradient_rms": rms.ravel(), "gradient_norm": 2 * rms.ravel(), "delta_norm": 0.02, "learning_rate": 0.1}
    frame = pd.DataFrame({"epoch": epochs, "depth": depths, "layer": names[depths], **figures}).assign(
        **{**fixed, **columns}
    )
    for column in GRADIENT.columns:
        if column not in frame:
            frame[column] = 0.0
    return frame[["run", *GRADIENT.columns]]


def make_activations(saturated, dead, run="run", **columns):
    """An activation log: fractions of shape (epochs, layers)."""
    epochs, depths = (places.ravel() for places in np.indices(np.shape(saturated)))
    frame = pd.DataFrame({"run": run, "epoch": epochs, "depth": depths, "saturated_fraction": np.ravel(saturated)})
    frame = frame.assign(dead_fraction=np.ravel(dead), layer="layer_" + frame["depth"].astype(str), activation="relu")
    frame = frame.assign(units=3, mean=0.5, std=1.0, abs_max=2.0).assign(**columns)
    return frame[["run", *ACTIVATION.columns]]


HISTORY = "epoch,loss\n0,0.7\n1,0.6\n"


def write_gradients(path, rms=((0.1, 0.2),), **columns):
    path.parent.mkdir(exist_ok=True)
    make_gradients(rms, **columns)[list(GRADIENT.columns)].to_csv(path, index=False, na_rep="NaN")
    return path


def write_history(path):
    path.parent.mkdir(exist_ok=True)
    path.write_text(HISTORY)
    return path
