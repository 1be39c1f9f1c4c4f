"""A remedy for weights of classes or examples that leave most examples out."""

from dataclasses import replace

from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy


def _count_alike(draft: Draft) -> Draft | None:
    if draft.data.sample_weight is None and "class_weight" not in draft.fit:
        return None
    fit = {name: value for name, value in draft.fit.items() if name != "class_weight"}
    return draft.change(
        "# Call `fit` without `class_weight` and `sample_weight`", data=replace(draft.data, sample_weight=None), fit=fit
    )


REMEDIES = (
    Remedy("examples counted alike", "Examples that hardly count are not learned, however low the loss.", _count_alike),
)
