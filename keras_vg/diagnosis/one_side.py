"""A rule about probabilities that stay on one side of 0.5."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding

_LEAST_RANGE = 0.05
"""Between the lowest and the highest probability: of one answer for all, other rules say more. Chosen."""

_DEVIATIONS = 3.0
"""Standard errors of the share of ones in the probe batch: a sigmoid with a bias learns that share first. Chosen."""


def find_one_sided_answers(context: Context) -> Iterator[Finding]:
    """A sigmoid of what never changes its sign, as a distance: half of all probabilities are out of reach.

    Before the training and at its end all probabilities of the probe batch are on one side of 0.5, and their mean is
    off the share of ones. The loss of such answers is at least log 2 times the share of the labels out of reach.
    """
    inspection = context.inspection
    if not context.is_complete or inspection is None:
        return
    before, after = inspection.outputs.to_dict("records"), context.final_predictions
    for old, new in zip(before, after, strict=True) if len(before) == len(after) else ():
        is_judged = old["activation"] == "sigmoid" and old["units"] == 1 and str(old["loss"]).startswith("binary")
        # With a kernel and a bias of its own, a head reaches both sides: then the labels are those of other data.
        is_judged &= not inspection.weights["layer"].eq(old["layer"]).any()
        if not is_judged or old["from_logits"] or not new["prediction_max"] - new["prediction_min"] > _LEAST_RANGE:
            continue
        share = new["label_mean"]
        off = new["prediction_mean"] - share
        is_off = abs(off) > _DEVIATIONS * np.sqrt(share * (1 - share) / inspection.setup["examples"])
        is_above = off > 0 and min(old["prediction_min"], new["prediction_min"]) >= 0.5
        is_below = off < 0 and max(old["prediction_max"], new["prediction_max"]) <= 0.5
        if not is_off or not (is_above or is_below):
            continue
        side, name, edge = ("below", "lowest", "min") if is_above else ("above", "highest", "max")
        missed, label = (1 - share, 0) if is_above else (share, 1)
        yield Finding(
            "output_layer",
            "error",
            (old["layer"],) if old["layer"] else (),
            int(new["epoch"]),
            {
                f"{name}_prediction": float(new[f"prediction_{edge}"]),
                "prediction_mean": float(new["prediction_mean"]),
                "label_mean": float(share),
            },
            f"No probability is {side} 0.5, before the training and after it, though {missed:.0%} of the labels are "
            f"{label}: what the sigmoid is given seems never to be {side} 0, as a distance or a sum of squares"
            f"{'' if is_above else ' with a minus sign'}. Put a `Dense(1)` with a bias in between.",
        )
