"""A rule about a model whose answer for one example depends on the other examples of its batch."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_mixed_examples(context: Context) -> Iterator[Finding]:
    """A fit that has ended badly, of a model that gives an example another answer beside other examples."""
    for row in context.final_predictions if context.is_complete else ():
        own, simple, change = (float(row.get(n, "nan")) for n in ("answer_score", "simple_score", "change_by_others"))
        if not (change > 0 and np.isfinite(simple)):  # good answers, and those of no known score, are not compared
            continue
        t = context.thresholds
        # Some networks mix examples on purpose: it is at fault where more can be learned, or nothing is.
        is_behind = simple >= t.simple_score and own < t.simple_part * simple
        yield Finding(
            "examples_mixed",
            "error" if is_behind or own < t.unrelated_score else "warning",
            (),
            None,
            {"score": round(own, 4) + 0.0, "change_by_others": float(f"{change:.3g}")},
            "The answer for one example depends on the other examples of its batch: with others put beside them, the "
            "same examples have other answers. The first axis of a tensor is that of the examples. Look for a mean, "
            "a softmax, a cumulative sum or a norm over it (`axis=0`, or no axis where one was meant), and give it the "
            "axis that is meant, such as `axis=-1`; for `ops.reshape(x, (-1, ...))` and `ops.transpose` that put "
            "values of one example into another, where `keras.layers.Reshape` and `Permute` leave the first axis "
            "alone; and for `BatchNormalization` that is called with `training=True`.",
        )
