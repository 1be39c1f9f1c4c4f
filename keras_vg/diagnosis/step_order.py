"""A rule about a model that cannot see the order of time steps or pixels, where the labels follow from it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.curves import is_found_by_none
from keras_vg.diagnosis.findings import Finding


def find_ignored_order(context: Context) -> Iterator[Finding]:
    """A fit that has ended badly, of a model that answers alike in whatever order an example's steps or pixels are.

    The same steps or pixels sorted must have lost what simple models learn from them in their order. Where these learn
    nothing either, the labels may follow from the order.
    """
    t = context.thresholds
    for row in context.final_predictions if context.is_complete else ():
        own, simple, unordered = (float(row.get(f"{name}_score", "nan")) for name in ("answer", "simple", "unordered"))
        is_all = bool(row.get("has_same_steps", False))
        part = t.simple_part * (1.0 if is_all else simple)
        is_known = (is_all or simple >= t.simple_score) and own < part and unordered < part
        if not is_known and not (np.isfinite(unordered) and is_found_by_none(context)):
            continue
        compared = {} if is_all else {"score_of_simple_model": round(simple, 4) + 0.0}
        yield Finding(
            "order_ignored",
            "error" if is_known else "warning",
            (),
            None,
            {"score": round(own, 4) + 0.0, **compared, "score_without_order": round(unordered, 4) + 0.0},
            "The model gives the same answers in whatever order the steps of a sequence, or the pixels of a picture, "
            f"are, and the labels {_give_reason(row, is_known, is_all)}. Attention, layers of each step or pixel alone "
            "(a convolution with a kernel of 1), and pooling over all of them see no order: use a wider convolution, "
            "for a sequence a recurrent layer or a vector for its position that is added to each step, or "
            "`keras.layers.Flatten` instead of the pooling.",
        )


def _give_reason(row: dict[str, Any], is_known: bool, is_all: bool) -> str:
    if not is_known:
        return (
            "may follow from their order: neither the network nor a linear model, nearest neighbours or a forest has "
            "found anything else that they follow from"
        )
    if is_all:
        return "follow from their order: nothing else differs between the examples"
    return (
        f"follow from their order: {row['simple_model']} scores {row['simple_score']:.2f} with all of them where they "
        f"are and {row['unordered_score']:.2f} with them sorted"
    )
