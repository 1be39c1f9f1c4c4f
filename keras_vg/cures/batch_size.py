"""Remedies for batches that are too small for what is computed over their examples, or so large that steps are few."""

from collections.abc import Callable

from keras_vg.cures.data import count_examples
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_SMALL, _USUAL = 4, 32
"""Examples per batch up to which they are few (chosen), and what `fit` takes by default."""


def _make_change(is_wrong: Callable[[int], bool]) -> Callable[[Draft], Draft | None]:
    def change(draft: Draft) -> Draft | None:
        size = min(draft.fit["batch_size"], count_examples(draft.data.x))
        if draft.data.batch_size is not None or not is_wrong(size):
            return None
        return draft.change(f"model.fit(..., batch_size={_USUAL})", fit={**draft.fit, "batch_size": _USUAL})

    return change


REMEDIES = (
    Remedy(
        "batches of 32",
        "A loss that compares the examples of a batch, or a normalization over them, needs more than a few.",
        _make_change(lambda size: size <= _SMALL),
        False,
    ),
    Remedy(
        "smaller batches, of 32",
        "The same examples in smaller batches are more steps.",
        _make_change(lambda size: size > _USUAL),
        False,
    ),
)
