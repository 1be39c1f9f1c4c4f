"""A rule about a model that cannot see the order of time steps or pixels, where the labels follow from it."""

from collections.abc import Iterator
from typing import Any

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_ignored_order(context: Context) -> Iterator[Finding]:
    """A fit that has ended badly, of a model that answers alike in whatever order an example's steps or pixels are.

    The same steps or pixels sorted must have lost what simple models learn from them in their order.
    """
    t = context.thresholds
    for row in context.final_predictions if context.is_complete else ():
        own, simple, unordered = (float(row.get(f"{name}_score", "nan")) for name in ("answer", "simple", "unordered"))
        is_all = bool(row.get("has_same_steps", False))
        part = t.simple_part * (1.0 if is_all else simple)
        if (is_all or simple >= t.simple_score) and own < part and unordered < part:
            yield Finding(
                "order_ignored",
                "error",
                (),
                None,
                {
                    "score": round(own, 4) + 0.0,
                    **({} if is_all else {"score_of_simple_model": round(simple, 4)}),
                    "score_without_order": round(unordered, 4) + 0.0,
                },
                "The model gives the same answers in whatever order the steps of a sequence, or the pixels of a "
                f"picture, are, and the labels follow from their order: {_give_reason(row, is_all)}. Attention, layers "
                "of each step or pixel alone, and pooling over all of them see no order: use a convolutional layer, "
                "for a sequence a recurrent one or a vector for its position that is added to each step, or "
                "`keras.layers.Flatten` instead of the pooling.",
            )


def _give_reason(row: dict[str, Any], is_all: bool) -> str:
    if is_all:
        return "nothing else differs between the examples"
    return (
        f"{row['simple_model']} scores {row['simple_score']:.2f} with all of them where they are and "
        f"{row['unordered_score']:.2f} with them sorted"
    )
