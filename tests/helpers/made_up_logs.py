"""Tables made up by hand for the rules, and what they find in them."""

import numpy as np
import pandas as pd

import keras_vg as vg
from keras_vg.logs import schemas


def make_gradients(rms, epochs=3, **columns):
    """A gradient log of one kernel per layer whose gradients have these sizes in every epoch."""
    rows = [
        {
            "epoch": epoch,
            "step": 9,
            "depth": depth,
            "layer": f"dense_{depth}",
            "weight": "kernel",
            "size": 100,
            "steps": 10,
            "gradient_norm": 10 * value,
            "gradient_norm_max": 20 * value,
            "gradient_rms": value,
            "zero_fraction": float(value == 0),
            "nonfinite_steps": 0,
            "weight_norm": 1.0,
            "delta_norm": 0.01,
            "update_ratio": 0.01,
            "learning_rate": 0.001,
        }
        for epoch in range(epochs)
        for depth, value in enumerate(rms)
    ]
    return pd.DataFrame(rows).assign(**columns)


def make_activations(activation="relu", layers=3, **columns):
    rows = [(0, -1, "input", "input", 4, 0.0, 1.0, 3.0, np.nan, np.nan)]
    rows += [(0, i, f"dense_{i}", activation, 4, 0.0, 1.0, 3.0, 0.1, 0.0) for i in range(layers)]
    rows += [(0, layers, "out", "linear", 1, 0.0, 1.0, 3.0, 0.0, 0.0)]
    return pd.DataFrame(rows, columns=list(schemas.ACTIVATION.columns)).assign(**columns)


def make_history(losses, **columns):
    return pd.DataFrame({"epoch": range(len(losses)), "loss": losses, **columns})


def find(*sources, **thresholds):
    """All findings by their rules, consequences among them."""
    return {finding.rule: finding for finding in vg.diagnose(*sources, **thresholds).list_all()}
