"""A rule about a softmax between layers."""

from collections.abc import Iterator

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding


def find_hidden_softmax(context: Context) -> Iterator[Finding]:
    """Layers whose softmax feeds the kernel of another layer, so that all of it has to pass a sum of 1."""
    if context.inspection is None or context.is_converged:
        return
    found: dict[str, tuple[int, str, bool]] = dict(context.inspection.setup.get("hidden_softmax", {}))
    if not found:
        return
    widest = max(found, key=lambda name: found[name][0])
    units, feeds, is_recurrent = found[widest]
    instead = "tanh" if is_recurrent else "relu"
    yield Finding(
        "hidden_softmax",
        "warning",
        tuple(found),
        None,
        {"units": float(units), "feeds": feeds},
        f"The {units} values that `{widest}` gives to `{feeds}` sum to 1, in the mean {1 / units:.2g} each: they "
        "hardly differ between examples, and little gradient passes them. Softmax is for the last layer, or for "
        f"weights that something is multiplied by; between layers use `activation='{instead}'`.",
    )
