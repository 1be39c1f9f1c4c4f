"""A remedy for batches that are too small for what is computed over their examples."""

from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

SMALL, USUAL = 4, 32
"""Examples per batch up to which they are few, and Keras's own number."""


def _enlarge(draft: Draft) -> Draft | None:
    if draft.data.batch_size is not None or draft.fit["batch_size"] > SMALL:
        return None
    return draft.change(f"model.fit(..., batch_size={USUAL})", fit={**draft.fit, "batch_size": USUAL})


REMEDIES = (
    Remedy(
        "batches of 32",
        "A loss that compares the examples of a batch, or a normalization over them, needs more than a few.",
        _enlarge,
        False,
    ),
)
