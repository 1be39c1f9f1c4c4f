"""A rule about a model that cannot see the order of time steps, where the labels follow from it."""

from collections.abc import Iterator

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_ignored_order(context: Context) -> Iterator[Finding]:
    """A fit that has ended badly, of a model that answers alike in whatever order the steps of a sequence are.

    The same steps sorted must have lost what simple models learn from them in their order.
    """
    t = context.thresholds
    for row in context.final_predictions if context.is_complete else ():
        own, simple, unordered = (float(row.get(f"{name}_score", "nan")) for name in ("answer", "simple", "unordered"))
        part = t.simple_part * simple
        if simple >= t.simple_score and own < part and unordered < part:
            yield Finding(
                "order_ignored",
                "error",
                (),
                None,
                {
                    "score": round(own, 4) + 0.0,
                    "score_of_simple_model": round(simple, 4),
                    "score_without_order": round(unordered, 4) + 0.0,
                },
                "The model gives the same answers in whatever order the steps of an example are, and the labels follow "
                f"from their order: {row['simple_model']} scores {simple:.2f} with the steps as they are and "
                f"{unordered:.2f} with the steps sorted. Attention, a mean over the steps and layers that read each "
                "step by itself see no order: add to each step a vector for its position, or use a recurrent or a "
                "convolutional layer.",
            )
