"""A rule about units of an output that are 0 for every example, where a ReLU is the last activation."""

from collections.abc import Iterator

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding

_RECTIFIERS = ("relu", "relu6")


def find_dead_outputs(context: Context) -> Iterator[Finding]:
    """Some of an output's ReLU units are 0 for every example, and their labels are not."""
    is_over = context.is_complete
    for row in context.final_predictions if context.is_inspection or is_over else ():
        dead, units = int(row.get("still_units", 0)), int(row["units"])
        if not 0 < dead < units or row["activation"] not in _RECTIFIERS or row["prediction_min"] != 0:
            continue
        yield Finding(
            "dead_outputs",
            "error" if is_over else "warning",
            (str(row["layer"]),) if row["layer"] else (),
            int(row["epoch"]) if is_over else None,
            {"dead_units": float(dead), "units": float(units)},
            f"{dead} of the {units} units of this output are 0 for every example, where their labels differ from "
            "example to example. A ReLU that is 0 gets no gradient, so such a unit stays as it is unless the layers "
            "before it happen to move it. Use an output without a bend: `activation=None`, or `'softplus'` where "
            "numbers below 0 make no sense.",
        )
