"""A rule about units of an output that are 0 for every example, where a ReLU is the last activation."""

from collections.abc import Iterator

from keras_vg.diagnosis.activations import RECTIFIERS
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_dead_outputs(context: Context) -> Iterator[Finding]:
    """Some of an output's ReLU units are 0 for every example, and their labels are not."""
    is_over, t = context.is_complete, context.thresholds
    for row in context.final_predictions if context.is_inspection or is_over else ():
        dead, part, units = int(row.get("constant_units", 0)), float(row.get("constant_part", 0)), int(row["units"])
        if not 0 < dead < units or row["activation"] not in RECTIFIERS or row["prediction_min"] != 0:
            continue
        if part < t.dead_outputs:  # of a rare one, 0 may be the best answer that there is
            continue
        yield Finding(
            "dead_outputs",
            "error" if is_over else "warning",
            (str(row["layer"]),) if row["layer"] else (),
            int(row["epoch"]) if is_over else None,
            {"dead_units": float(dead), "units": float(units), "part_of_variance": part},
            f"{dead} of the {units} units of this output are 0 for every example, while {part:.0%} of the variance of "
            "all labels is theirs. A ReLU that is 0 gets no gradient, so that only a change of the layers before it "
            "may bring such a unit back. Use a linear output (`activation=None`), or `'softplus'` where numbers below "
            "0 make no sense.",
        )
