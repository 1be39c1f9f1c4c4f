"""What to change, without what the model has already."""

from collections import Counter
from collections.abc import Sequence

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.series import is_any

RECTIFIERS = ("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish")
"""Activations whose slope is about 1 over half of their range."""

SCALED = ("gamma", "scale")
"""Weights that only normalizations have."""


def lower_rate(context: Context) -> str:
    """Says how to take smaller steps."""
    ways = ["Lower the learning rate (divide it by 10)"]
    if not has_clipping(context):
        ways.append("add `clipnorm=1.0` to the optimizer")
    return f"{', '.join(ways)}, and scale the inputs and labels."


def raise_rate() -> str:
    """Says how to take larger steps."""
    return "Raise the learning rate (multiply it by 10 until the loss falls faster, then stop)."


def write_scaling(context: Context, layer: str) -> str:
    """Writes a layer that scales the inputs, in float32 where the model's first layers round them to 16 bits.

    Args:
        context: What the rules judge.
        layer: The layer with its arguments, such as `"Normalization()"`.
    """
    rounds = context.inspection is not None and context.inspection.setup.get("rounded_inputs")
    if rounds:
        layer = f'{layer[:-1]}{"" if layer.endswith("()") else ", "}dtype="float32")'
    return f"`keras.layers.{layer}`"


def strengthen_gradient(context: Context) -> str:
    """Says how to pass on more of the gradient from layer to layer."""
    ways = []
    if not _uses_mostly(context, RECTIFIERS):
        ways.append("use `activation='relu'` with `kernel_initializer='he_normal'`")
    else:
        ways.append("use `kernel_initializer='he_normal'`")
    if not has_normalization(context):
        ways.append("put `keras.layers.BatchNormalization()` between the layers")
    if not has_skip_connections(context):
        ways.append("add skip connections (`keras.layers.Add()`)")
    ways.append("use fewer layers")
    return write_choice(ways)


def weaken_gradient(context: Context) -> str:
    """Says how to keep gradients from growing towards the input."""
    ways = [f"use smaller initial weights ({name_initializers(context)})", "fewer layers"]
    if not has_clipping(context):
        ways.append("`clipnorm=1.0` in the optimizer")
    return write_choice(ways)


def weaken_outputs(context: Context) -> str:
    """Says how to keep outputs from growing from layer to layer."""
    ways = [f"use smaller initial weights ({name_initializers(context)})"]
    if not has_normalization(context):
        ways.append("`BatchNormalization` between the layers")
    return write_choice([*ways, "a lower learning rate"])


def unsaturate(context: Context) -> str:
    """Says how to bring units back to where their activation has a slope."""
    ways = [
        f"scale the inputs to zero mean and unit variance ({write_scaling(context, 'Normalization()')})",
        "use smaller initial weights (`'glorot_uniform'`)",
    ]
    if not has_normalization(context):
        ways.append("put `BatchNormalization` before the activation")
    return write_choice([*ways, "use ReLU"])


def name_initializers(context: Context) -> str:
    """Names the initializers that suit the activations of the model."""
    if _uses_mostly(context, RECTIFIERS):
        return "`kernel_initializer='he_normal'`"
    if _uses_mostly(context, ("tanh", "sigmoid", "softsign")):
        return "`kernel_initializer='glorot_uniform'`"
    return "`kernel_initializer='he_normal'` with ReLU, `'glorot_uniform'` with tanh"


def avoid_nonfinite(context: Context) -> str:
    """Says what keeps values finite."""
    ways = ["lower the learning rate"]
    if not has_clipping(context):
        ways.append("add `clipnorm=1.0` to the optimizer")
    return f"{', '.join(ways)}, and avoid log, sqrt and division near 0"


def write_choice(ways: Sequence[str]) -> str:
    """Writes ways as a sentence: "Use this, put that, or leave it."."""
    *others, last = ways
    text = f"{', '.join(others)}{',' if len(others) > 1 else ''} or {last}" if others else last
    return f"{text[0].upper()}{text[1:]}."


def has_clipping(context: Context) -> bool:
    """Whether the optimizer is known to clip gradients."""
    return context.inspection is not None and bool(context.inspection.setup.get("clipping"))


def has_normalization(context: Context) -> bool:
    """Whether the model is known to have normalization layers."""
    if context.gradients is None or context.gradients.empty:
        return False
    return any(part in name for name in context.series.names for part in SCALED)


def has_skip_connections(context: Context) -> bool:
    """Whether the model is known to have layers that add outputs of other layers."""
    return context.inspection is not None and bool(context.inspection.setup.get("skip_connections"))


def _uses_mostly(context: Context, names: Sequence[str]) -> bool:
    """Whether most activations of hidden layers are of these; False where none is known."""
    rows = context.activations
    if rows is None or not len(rows):
        return False
    rows = rows.keep((rows.depth >= 0) & rows.is_first)
    outputs = set() if context.inspection is None else set(context.inspection.outputs["layer"])
    hidden = rows.activation[~is_any(rows.layer, outputs)] if outputs else rows.activation[:-1]
    counts = Counter(name for name in hidden if name not in ("linear", "unknown", "softmax"))
    chosen = sum(count for name, count in counts.items() if name in names)
    return chosen > 0 and chosen > sum(counts.values()) / 2
