"""A remedy for batches that are too small for what is computed over their examples."""

from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_SMALL, _USUAL = 4, 32
"""Examples per batch up to which they are few (chosen), and what `fit` takes by default."""


def _enlarge(draft: Draft) -> Draft | None:
    if draft.data.batch_size is not None or draft.fit["batch_size"] > _SMALL:
        return None
    return draft.change(f"model.fit(..., batch_size={_USUAL})", fit={**draft.fit, "batch_size": _USUAL})


REMEDIES = (
    Remedy(
        "batches of 32",
        "A loss that compares the examples of a batch, or a normalization over them, needs more than a few.",
        _enlarge,
        False,
    ),
)
