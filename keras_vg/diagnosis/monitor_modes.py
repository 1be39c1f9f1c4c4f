"""A rule about callbacks that take the worse values of a metric for the better ones."""

from collections.abc import Iterator

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.monitor import Monitor

_EFFECTS = {
    "ended": "has ended the fit because the metric became better",
    "restored": "has put back the weights of the worst epoch",
    "lowered": "has lowered the learning rate because the metric became better",
}


def find_wrong_mode(context: Context) -> Iterator[Finding]:
    """An `EarlyStopping`, `ReduceLROnPlateau` or `ModelCheckpoint` that waits for its metric to become worse."""
    wrong = [monitor for monitor in context.monitors if monitor.right_mode not in (None, monitor.mode)]
    if not wrong:
        return
    effects = sorted({monitor.effect for monitor in wrong} - {""})
    yield Finding(
        "monitor_mode",
        "error" if effects else "warning",
        (),
        None,
        {
            "callbacks": ", ".join(f"{monitor.callback}({monitor.metric}, {monitor.mode})" for monitor in wrong),
            **({"effects": ", ".join(effects)} if effects else {}),
        },
        " ".join(map(_explain, wrong)),
    )


def _explain(monitor: Monitor) -> str:
    size = "larger" if monitor.mode == "max" else "smaller"
    done = f", and {_EFFECTS[monitor.effect]}" if monitor.effect else ""
    return (
        f"`{monitor.callback}` takes a {size} `{monitor.metric}` for a better one{done}. "
        f'Give it `mode="{monitor.right_mode}"`.'
    )
