"""Rules about what goes forwards: inputs, saturated and dead units, values that are not finite."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from keras_vg.diagnosis.advice import avoid_nonfinite, unsaturate, weaken_outputs, write_scaling
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding, Severity
from keras_vg.diagnosis.inputs import describe_nonfinite_features
from keras_vg.diagnosis.nonfinite import INPUT
from keras_vg.diagnosis.ranges import CROSSENTROPIES, REGRESSIONS
from keras_vg.diagnosis.series import ActivationRows, is_any, make_activation_rows

SATURATING = ("sigmoid", "tanh", "softsign", "hard_sigmoid", "hard_tanh")
RECTIFIERS = ("relu", "relu6")
UNBOUNDED = ("relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "linear", "exponential")

NO_ROWS = make_activation_rows({field.name: [] for field in fields(ActivationRows)})

_BOUNDS = ("label_min", "label_max")

_OF_LABELS = 10.0
"""How many times the largest label an output may be, on its way there: chosen."""

_LARGE_LOSS = 10.0
"""How many times a constant answer's the first loss is from which it is worth a word: chosen; healthy nets start below
3.5 times."""

_OF_SQUARES = ("mean_squared_error",)
_OF_SIZES = ("mean_absolute_error", "huber", "log_cosh", "mean_absolute_percentage_error")
"""Losses that grow with the square of large predictions, and with their size."""


def find_dead(context: Context) -> Iterator[Finding]:
    """ReLU units that are zero for every example."""
    t = context.thresholds
    hidden = _get_hidden(context, RECTIFIERS)
    for rows, _ in _split(hidden, hidden.dead_fraction, t.dead_fraction, t.dead_warning):
        names = tuple(rows.layer)
        is_shown = is_any(hidden.layer, names) & (hidden.dead_fraction >= rows.dead_fraction.min())
        yield Finding(
            "dead_relu",
            _rate_dead(context, rows),
            names,
            context.get_epoch(hidden.epoch[is_shown].min()),
            {"dead_fraction": float(rows.dead_fraction.max()), "units": float(rows.units.sum())},
            "These units output 0 for every example and get no gradient. Lower the learning rate, start biases at 0, "
            "use `kernel_initializer='he_normal'`, or an activation with a slope everywhere "
            "(`keras.layers.LeakyReLU()`, `activation='gelu'`).",
        )


def _rate_dead(context: Context, rows: ActivationRows) -> Severity:
    """An error where whole layers are dead, but for one alone that others pass by, as in a block with a skip."""
    setup = {} if context.inspection is None else context.inspection.setup
    is_passed_by = len(rows) == 1 and rows.layer[0] in setup.get("passed_by", ())
    return "error" if rows.dead_fraction.min() >= context.thresholds.dead_fraction and not is_passed_by else "warning"


def find_saturated(context: Context) -> Iterator[Finding]:
    """Hidden sigmoid or tanh units on the flat ends of their curve."""
    t = context.thresholds
    hidden = _get_hidden(context, SATURATING)
    for rows, severity in _split(hidden, hidden.saturated_fraction, t.saturated_fraction, t.saturated_warning):
        names = tuple(rows.layer)
        is_shown = is_any(hidden.layer, names) & (hidden.saturated_fraction >= rows.saturated_fraction.min())
        yield Finding(
            "saturated_units",
            severity,  # type: ignore[arg-type]
            names,
            context.get_epoch(hidden.epoch[is_shown].min()),
            {
                "saturated_fraction": float(rows.saturated_fraction.max()),
                "activation": str(rows.activation[0]),
            },
            "These units sit where their activation is flat, so hardly any gradient passes. " + unsaturate(context),
        )


def find_input_scale(context: Context) -> Iterator[Finding]:
    """Inputs far from unit scale that no normalization or embedding brings to it."""
    t = context.thresholds
    inspection = context.inspection
    if context.only_looks_up:
        return
    given = [] if inspection is None else inspection.kernel_inputs.to_dict("records")
    entries = [_Entry(context, row, is_first=index == 0) for index, row in enumerate(given)]
    if context.is_inspection and inspection is not None:
        if "activations" in inspection.setup.get("not_seen", {}):  # nor what the first kernel is given
            return
        wide = [entry for entry in entries if entry.ratio >= t.feature_range and entry.size >= t.input_size]
        if wide:
            worst = max(wide, key=lambda entry: entry.size)
            yield Finding(
                "feature_scale",
                "error" if worst.size >= t.input_error else "warning",
                worst.layers,
                None,
                {"smallest_feature": worst.low, "largest_feature": worst.high, "ratio": worst.ratio},
                "Features differ by orders of magnitude, so no learning rate suits all their weights. "
                + (
                    _advise_on_unadapted(context)
                    or f"Put {write_scaling(context, 'Normalization()')} first, adapted to the training data, or use "
                    "StandardScaler."
                ),
            )
        elif uneven := [entry for entry in entries if entry.unevenness >= t.feature_range]:
            worst = max(uneven, key=lambda entry: entry.unevenness)
            yield Finding(
                "feature_scale",
                "warning",
                worst.layers,
                None,
                {"median_feature_spread": worst.spread_median, "largest_feature_spread": worst.spread_max},
                f"One feature varies {worst.unevenness:.3g} times as much as half of the others. If labels depend on "
                "these, their weights would have to become as many times as large: scale each feature by itself, by "
                f"{write_scaling(context, 'Normalization()')}, whose `axis=-1` is that of the features (`axis=None` "
                "takes one scale for all), or StandardScaler.",
            )
    else:
        first = _Entry(context, {"abs_max": _measure_log_inputs(context)}, is_first=True)
        entries = [first, *entries[1:]] if context.activations is not None else []
    # What is not finite is no matter of scale.
    large = [entry for entry in entries if entry.size >= t.input_size and not entry.is_normalized_next]
    if not context.is_inspection:
        large = [entry for entry in large if not entry.is_tamed]
    if not large:
        return
    worst = max(large, key=lambda entry: (not entry.is_tamed, entry.size))
    is_error = not worst.is_tamed and (worst.size >= t.input_error or _starts_far_off(context))
    yield Finding(
        "input_scale",
        "error" if is_error else "warning",
        worst.layers,
        None if context.is_inspection else int(context.outputs.epoch.min()),
        {"largest_input": worst.size},
        f"{_name_entry(worst)} is given inputs far from unit scale: its gradients grow with them, its units saturate. "
        + (
            _advise_on_unadapted(context)
            or f"Divide pixels by 255 ({write_scaling(context, 'Rescaling(1 / 255)')}), or put "
            f"{write_scaling(context, 'Normalization()')} first."
        ),
    )


def _name_entry(entry: "_Entry") -> str:
    return f"The layer {entry.layers[0]!r}" if entry.layers else "The first layer"


class _Entry:
    """What one of the first kernels is given, and what is made of it.

    Args:
        context: The evidence.
        row: Of `Inspection.kernel_inputs`; of a log, which has no features, `abs_max` alone.
        is_first: Whether it is the first kernel, of which it is known without the model's graph what comes next.
    """

    def __init__(self, context: Context, row: Mapping[Any, Any], is_first: bool) -> None:
        self._context = context
        self.size = float(row["abs_max"])
        self.low, self.high = float(row.get("scale_min", np.nan)), float(row.get("scale_max", np.nan))
        self.ratio = self.high / self.low if np.isfinite(self.high) and self.low > 0 else np.nan
        self.spread_median, self.spread_max = (float(row.get(f"spread_{name}", np.nan)) for name in ("median", "max"))
        self.unevenness = self.spread_max / self.spread_median if self.spread_median > 0 else np.nan
        setup = {} if context.inspection is None else context.inspection.setup
        name = str(row.get("layer", ""))
        self.layers = () if is_first else (name,)
        fed = {target for target, source in setup.get("fed_by", {}).items() if source == name}
        self._next = set() if is_first else {name, *fed}

    @property
    def is_normalized_next(self) -> bool:
        """Whether what the kernel makes of the inputs is normalized at once, so that their scale is of no account."""
        if self._context.gradients is None or self._context.gradients.empty:
            return False
        series = self._context.series
        is_scale = np.array([name == "gamma" for name in series.names])
        if self._next:
            return bool(set(series.layers[is_scale]) & self._next)
        kernels, scales = series.depths[series.is_kernel], series.depths[is_scale]
        return bool(len(kernels) and len(scales) and scales.min() <= kernels.min() + 1)

    @property
    def is_tamed(self) -> bool:
        """Whether what the first layers make of the inputs has unit scale and is not saturated."""
        if self._context.activations is None:
            return False
        rows = self._context.outputs
        is_early = is_any(rows.layer, tuple(self._next)) if self._next else rows.depth <= 1
        early = rows.keep(rows.is_first & (rows.depth >= 0) & is_early)
        if not len(early):
            return False
        is_flat = early.has_activation(SATURATING) & (early.saturated_fraction > 0.5)
        return bool((early.abs_max < self._context.thresholds.input_size / 2).any() and not is_flat.any())


def _advise_on_unadapted(context: Context) -> str:
    """What to do about a `Normalization` that has seen no data; empty if there is none."""
    names = [] if context.inspection is None else context.inspection.setup.get("unadapted", [])
    if not names:
        return ""
    return (
        f"The `Normalization` layer {names[0]!r} has seen no data, and leaves everything as it is: call its `adapt(x)` "
        "with the training inputs before `fit`."
    )


def find_nonfinite_outputs(context: Context) -> Iterator[Finding]:
    """The first layer whose output is not finite, and when."""
    if context.activations is None:
        return
    rows = context.outputs
    bad = rows.keep(~np.isfinite(rows.abs_max) & (rows.units > 0))
    if not len(bad):
        return
    at_first = bad.keep(bad.is_first)
    is_input = at_first.depth[0] == -1 and at_first.activation[0] == "input"
    where = INPUT if is_input else f"layer {at_first.layer[0]!r}"
    evidence: dict[str, float | str] = {"first": where, "layers_hit": float(len(at_first))}
    if context.is_inspection and context.inspection is not None:
        features = describe_nonfinite_features(context.inspection.inputs)
        evidence |= {"in_features": features} if features else {}
    # A layer without weights before it, such as pooling, may have made the first one.
    seen = "comes from the input itself." if is_input else f"is seen in what {where} puts out; "
    seen += "" if is_input else "`vg.find_nonfinite(model, x, y)` names the operation that makes it."
    yield Finding(
        "nonfinite",
        "error",
        tuple(at_first.layer),
        context.get_epoch(at_first.epoch[0]),
        evidence,
        f"The first value that is NaN or infinite {seen} Check the data with `np.isfinite(x).all()`, "
        f"{avoid_nonfinite(context)}.",
    )


def find_uncalled(context: Context) -> Iterator[Finding]:
    """Layers of which no call was seen, so that nothing is known of their outputs."""
    if context.activations is None or not (context.outputs.units == 0).any():
        return
    rows = context.outputs
    unseen = rows.keep(rows.units == 0)
    names = tuple(dict.fromkeys(unseen.layer))
    yield Finding(
        "uncalled_layer",
        "info",
        names,
        context.get_epoch(unseen.epoch.min()),
        {"layers": float(len(names)), "of": float(len(set(rows.layer[rows.depth >= 0])))},
        "Nothing is known of what these layers put out: the model did not call them on this batch, or in a loop that "
        "is compiled by itself. A layer that is never called should be left out; one whose weights are used in another "
        "way may stay.",
    )


def find_embedding_range(context: Context) -> Iterator[Finding]:
    """Ids that an embedding has no row for."""
    if context.inspection is None:
        return
    for row in context.inspection.embeddings.to_dict("records"):
        smallest, largest, input_dim = (float(row[name]) for name in ("id_min", "id_max", "input_dim"))
        if smallest >= 0 and largest < input_dim:
            continue
        low = "" if smallest >= 0 else f"Ids go down to {smallest:.0f}: they must start at 0. "
        high = (
            f"Ids go up to {largest:.0f}, and `input_dim` is {input_dim:.0f}, which holds 0 to {input_dim - 1:.0f}: "
            f"use `input_dim={largest + 1:.0f}`, or more if other data has larger ids. "
        )
        yield Finding(
            "embedding_range",
            "error",
            (str(row["layer"]),),
            None,
            {"id_min": smallest, "id_max": largest, "input_dim": input_dim},
            f"{low}{high if largest >= input_dim else ''}Some backends look up NaN or zeros for such an id, and "
            "others raise.",
        )


def find_explosion_forwards(context: Context) -> Iterator[Finding]:
    """Outputs that grow from layer to layer, or from one time step to the next, beyond any scale."""
    first, largest_input = _find_explosion(context)
    if not len(first):
        yield from _find_exploded_logits(context, largest_input)
        return
    evidence: dict[str, float | str] = {"largest_output": float(first.abs_max[0]), "largest_input": largest_input}
    layers, epoch, activation = (first.layer[0],), context.get_epoch(first.epoch[0]), first.activation[0]
    if explodes_in_time(context):
        yield Finding(
            "unbounded_recurrence",
            "error",
            layers,
            epoch,
            {**evidence, "activation": activation},
            f"With {activation} a recurrent layer's state has no bound and grows from one time step to the "
            "next. Use `activation='tanh'`, the default, which keeps it between -1 and 1; neither `clipnorm` nor a "
            "lower learning rate cures it.",
        )
        return
    yield Finding(
        "exploding_activation",
        "error",
        layers,
        epoch,
        evidence,
        f"Outputs grow beyond any scale. {weaken_outputs(context)}",
    )


def _find_exploded_logits(context: Context, largest_input: float) -> Iterator[Finding]:
    """Logits beyond any scale, which only the cross-entropy tells: no smaller ones have so high a loss."""
    inspection = context.inspection
    if not context.is_inspection or inspection is None or len(inspection.outputs) != 1:
        return
    output, setup = inspection.outputs.iloc[0], inspection.setup
    loss = float(setup["loss"]) - float(setup.get("penalty", 0.0))
    if output["loss"] not in CROSSENTROPIES or not loss > context.thresholds.exploding_activation * largest_input:
        return
    # Probabilities that Keras would cut: a loss that is summed over many pixels is high without them.
    if not any(setup.get("logits_found", [])) or not output["cut_fraction"] >= context.thresholds.cut_fraction:
        return
    yield Finding(
        "exploding_activation",
        "error",
        (str(output["layer"]),) if output["layer"] else (),
        None,
        {"loss": loss, "loss_of_a_constant_answer": float(output["baseline"]), "largest_input": largest_input},
        f"The logits behind the predictions are beyond any scale: smaller ones cannot have such a loss. "
        f"{weaken_outputs(context)}",
    )


def find_large_transposed(context: Context) -> Iterator[Finding]:
    """First predictions that are too large since an initializer took outputs of a transposed convolution for inputs."""
    factors = {} if context.inspection is None else context.inspection.setup.get("transposed", {})
    large = {name: factor for name, factor in factors.items() if factor > 1}
    if not large or context.inspection is None or len(_find_explosion(context)[0]):
        return
    losses = set(context.inspection.outputs["loss"])
    if not losses or not losses <= {*_OF_SQUARES, *_OF_SIZES}:  # others do not grow with the predictions by a known law
        return
    loss, baseline = context.inspection.setup["loss"], context.baseline
    total, limit = float(np.prod(list(large.values()))), _LARGE_LOSS * baseline
    if not losses <= set(_OF_SQUARES):
        total = np.sqrt(total)  # the predictions' size, of which the variance is the square
    if not loss / total < limit <= loss:  # without the factor it is an ordinary loss
        return
    name = max(large, key=lambda name: large[name])
    yield Finding(
        "exploding_activation",
        "warning" if loss >= context.thresholds.loss_excess * baseline else "info",
        tuple(large),
        None,
        {"loss": loss, "loss_of_a_constant_answer": baseline, "variance_over_intended": large[name]},
        f"The first predictions are far too large. Initializers that go by the number of inputs (`'he_normal'`, "
        f"`'lecun_normal'`) take the output channels of a transposed convolution for it, so that the outputs of "
        f"{name!r} have {large[name]:.3g} times the variance that is meant. Use the default, "
        "`kernel_initializer='glorot_uniform'`.",
    )


def explodes_in_time(context: Context) -> bool:
    """Whether the first layer whose outputs grow beyond any scale is a recurrent one without a bound."""
    first, _ = _find_explosion(context)
    if not len(first) or context.gradients is None or first.activation[0] not in UNBOUNDED:
        return False
    series = context.series
    return any("recurrent" in name for name in series.names[series.layers == first.layer[0]])


def _find_explosion(context: Context) -> tuple[ActivationRows, float]:
    """The rows of layers whose outputs grow beyond any scale, and the largest input."""
    if context.activations is None:
        return NO_ROWS, 1.0
    rows = context.outputs
    largest_input = float(np.fmax.reduce(rows.abs_max[rows.depth == -1], initial=1.0))
    limit = context.thresholds.exploding_activation * largest_input
    labels = _measure_labels(context)
    limits = np.array([max(limit, _OF_LABELS * labels.get(layer, 0.0)) for layer in rows.layer])
    return rows.keep((rows.depth >= 0) & (rows.abs_max > limits)), largest_input


def _measure_labels(context: Context) -> dict[str, float]:
    """The largest label of each output whose loss asks for the labels themselves: the output must be as large."""
    if context.inspection is None or not {"layer", *_BOUNDS} <= set(context.inspection.outputs.columns):
        return {}
    outputs = context.inspection.outputs
    outputs = outputs[outputs["loss"].isin([*REGRESSIONS, "poisson"])]
    largest = np.abs(outputs[list(_BOUNDS)].to_numpy("float64")).max(axis=1, initial=0.0)
    largest = np.nan_to_num(largest, posinf=0.0)
    return dict(zip(outputs["layer"], largest, strict=True))


def _get_hidden(context: Context, names: tuple[str, ...]) -> ActivationRows:
    """The rows of hidden layers of some activations."""
    if context.activations is None:
        return NO_ROWS
    rows = context.outputs
    return rows.keep(rows.has_activation(names) & ~is_any(rows.layer, _list_output_layers(context)))


def _list_output_layers(context: Context) -> set[str]:
    if context.inspection is not None and len(context.inspection.outputs):
        return set(context.inspection.outputs["layer"])
    return {context.outputs.layer[-1]}


def _split(
    rows: ActivationRows, values: np.ndarray, error: float, warning: float
) -> Iterator[tuple[ActivationRows, str]]:
    """The rows of the last epoch that are an error, and those that are a warning."""
    masks = ((values >= error, "error"), ((values >= warning) & (values < error), "warning"))
    for mask, severity in masks:
        chosen = rows.keep(mask & rows.is_final)
        if len(chosen):
            yield chosen, severity


def _measure_log_inputs(context: Context) -> float:
    if context.activations is None:
        return 0.0
    rows = context.outputs
    return float(np.fmax.reduce(rows.abs_max[(rows.depth == -1) & (rows.activation == "input")], initial=0.0))


def _starts_far_off(context: Context) -> bool:
    """Whether the untrained model's loss is far above that of a constant prediction."""
    if not context.is_inspection or context.inspection is None:
        return False
    return bool(context.inspection.setup["loss"] > context.thresholds.loss_excess * context.baseline)
