"""The rule about lists that Keras matches with outputs in another order than the model's own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.ranges import RANGES, find_label_bounds

_LOSS = ("loss", "from_logits", "ignore_class")


def find_lists_by_alphabet(context: Context) -> Iterator[Finding]:
    """Lists of labels, losses or their weights for outputs in a dictionary, whose order is not that of the alphabet."""
    order = {} if context.inspection is None else context.inspection.setup.get("lists_by_alphabet", {})
    if not order:
        return
    assert context.inspection is not None
    names, lists = order["outputs"], order["lists"]
    rows: list[dict[Any, Any]] = context.inspection.outputs.to_dict("records")
    is_interchanged = _is_interchanged(rows, names, lists)
    said = "If they were meant in the model's order, they are interchanged."
    if is_interchanged:
        said = "As they are given, labels do not fit the outputs and losses that they meet; "
        said += "in the model's order they do."
    taken, own = ", ".join(sorted(names)), ", ".join(names)
    yield Finding(
        "loss_function",
        "warning" if is_interchanged else "info",
        (),
        None,
        {"outputs": own, "taken_for": taken, "lists": ", ".join(lists)},
        f"The outputs are a dictionary, and Keras matches lists with it by the alphabet of the names ({taken}), not in "
        f"the model's order ({own}). {said} Pass dictionaries by the outputs' names instead of lists.",
    )


def _is_interchanged(rows: Sequence[Mapping[Any, Any]], names: Sequence[str], lists: Sequence[str]) -> bool:
    """Whether some labels fit neither loss nor head as Keras matches them, and all do in the model's order."""
    if len(rows) != len(names) or all(map(_fits, rows)):
        return False
    meant = [dict(row) for row in rows]
    for place, name in enumerate(names):
        row, given = meant[sorted(names).index(name)], rows[place]
        row |= {key: value for key, value in given.items() if key.startswith("label_") and "labels" in lists}
        row |= {key: given[key] for key in _LOSS if "losses" in lists}
    return all(map(_fits, meant))


def _fits(row: Mapping[Any, Any]) -> bool:
    """Whether the labels of an output are such as its loss and its last activation take."""
    if not row["label_units"]:
        return True
    is_sparse = str(row["loss"]).startswith("sparse")
    if row["label_units"] != (1 if is_sparse else row["units"]) or (is_sparse and not row["label_integer"]):
        return False
    low, high = find_label_bounds(row["loss"], row["activation"], row["units"]) or RANGES.get(
        row["activation"], (-np.inf, np.inf)
    )
    return bool(row["label_min"] >= low and row["label_max"] <= high)
