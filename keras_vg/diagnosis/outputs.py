"""Rules about the output layer, its loss and the labels: whether they can meet at all."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding

ROUNDING = 1e-6
"""Deviation, as part of the size, below which numbers in float32 are the same."""


def weigh_choices(output: Mapping[Any, Any]) -> bool:
    """Whether labels of both signs stand at one unit of each example: what a choice has brought, not what to put out.

    A loss of one's own multiplies logarithms of probabilities by them, and has no lowest value.

    Args:
        output: A row of `Inspection.outputs`.
    """
    least = 1 - 1 / output["units"] - ROUNDING
    is_of_one = output["label_units"] == output["units"] > 1 and output.get("label_zeros", 0.0) > least
    return bool(is_of_one and output["label_min"] < 0 < output["label_max"])


def get_setup(context: Context, name: str) -> float:
    """A number of the inspection's setup; NaN where it is not known."""
    assert context.inspection is not None
    return float(context.inspection.setup.get(name, np.nan))


def get_not_seen(context: Context) -> dict[str, str]:
    """What the inspection could not see, with the reason."""
    assert context.inspection is not None
    return dict(context.inspection.setup.get("not_seen", {}))


def has_same_labels(output: dict[str, Any]) -> bool:
    """Whether all examples have the same labels, which may differ from position to position."""
    if output["label_distinct"] == 1:
        return True
    return bool(output["label_units"] and output.get("label_std", np.nan) <= ROUNDING * output.get("label_size", 0))


def find_not_inspected(context: Context) -> Iterator[Finding]:
    """What an inspection could not look at, with the reason."""
    if context.inspection is None or not context.inspection.setup.get("not_seen"):
        return
    yield Finding(
        "not_inspected",
        "info",
        (),
        None,
        {"not_seen": ", ".join(f"{name} ({reason})" for name, reason in context.inspection.setup["not_seen"].items())},
        "The inspection says nothing of these, good or bad. Logs of the training know gradients and loss whatever the "
        "model's `train_step` does.",
    )


def list_judged_outputs(context: Context) -> list[dict[str, Any]]:
    """The outputs of the inspection, as rows of `Inspection.outputs`."""
    return [] if context.inspection is None else _list_records(context.inspection.outputs)


def _list_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def name_output(output: dict[str, Any]) -> tuple[str, ...]:
    """The layer of an output, as a finding names layers; empty where no layer made it."""
    return (output["layer"],) if output["layer"] else ()
