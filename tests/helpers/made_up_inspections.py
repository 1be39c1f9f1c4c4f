"""Inspections of models that are none, with the tables that a test is about."""

from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.made_up_logs import make_activations, make_gradients
from keras_vg.diagnosis.evidence import Inspection

_SETUP = {"optimizer": "Adam", "learning_rate": 1e-3, "epsilon": 1e-7, "loss_scaling": False, "loss": 0.7}
_SETUP |= {"gradient_accumulation_steps": 1, "loss_after": 0.69, "clipping": False, "not_seen": {}}
_OUTPUTS = ["layer", "activation", "loss", "from_logits", "units", "label_units", "label_distinct", "baseline"]
_OUTPUTS += ["prediction_std", "prediction_size", "cut_fraction"]


def make_inspection(setup=None, **tables):
    """An inspection of a healthy plain net; `tables` and `setup` take the place of its own."""
    weight = {"weight": "kernel", "trainable": True, "size": 100, "weight_rms": 0.1, "unit_spread": 1.0}
    weight |= {"gradient_spread": 1.0, "gradient_rms": 0.1, "kind": "dense"}
    inputs = {"features": 4, "mean": 0.0, "std": 1.0, "abs_max": 3.0, "nonfinite": 0, "varying": 4}
    inputs |= {"scale_min": 1.0, "scale_max": 1.0, "spread_max": 1.0, "constant": 0, "nonfinite_features": ""}
    plain = Inspection(
        gradients=make_gradients([0.1, 0.1], epochs=1, steps=1),
        activations=make_activations("tanh"),
        weights=pd.DataFrame([{"layer": f"dense_{i}", **weight} for i in range(2)]),
        inputs=pd.DataFrame([inputs]),
        kernel_inputs=pd.DataFrame([{**inputs, "layer": "dense_0"}]),
        outputs=pd.DataFrame(columns=_OUTPUTS),
        setup={**_SETUP, **(setup or {})},
    )
    return replace(plain, **tables)


def make_residual(stream, added, follows=None):
    """The rows of `Inspection.residual` of a stream to which unlike values are added, so that variances add up."""
    stream, added = (np.asarray(values, "float64") for values in (stream, added))
    return pd.DataFrame(
        {
            "depth": np.arange(len(stream)),
            "layer": [f"add_{i}" for i in range(len(stream))],
            "follows": np.arange(len(stream)) - 1 if follows is None else follows,
            "stream_rms": stream,
            "added_rms": added,
            "output_rms": np.sqrt(stream**2 + added**2),
        }
    )


def make_time(values, direction="forwards", padded=None, kind="lstm", expected=np.nan, layer="lstm"):
    """The rows of one recurrent layer in `Inspection.time`."""
    return pd.DataFrame(
        {
            "depth": 0,
            "layer": layer,
            "kind": kind,
            "direction": direction,
            "step": np.arange(len(values)),
            "examples": 8,
            "gradient_rms": np.asarray(values, "float64"),
            "padded_fraction": np.nan if direction == "both" else np.zeros(len(values)) if padded is None else padded,
            "expected_factor": expected,
        }
    )
