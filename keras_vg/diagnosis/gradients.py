"""Rules about the gradients: vanishing, exploding, zero, not finite, and steps that did not happen."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.series import GradientSeries, get_dense_rms

CURE = (
    "Use `activation='relu'` with `kernel_initializer='he_normal'`, put `keras.layers.BatchNormalization()` "
    "between the "
    "layers, add skip connections (`keras.layers.Add()`), or use fewer layers."
)


def find_vanishing(context: Context) -> Iterator[Finding]:
    """The gradient shrinks from layer to layer towards the input."""
    series, t = context.series, context.thresholds
    profile = _make_profile(series)
    if profile.shape[1] < 3:
        return
    with np.errstate(all="ignore"):
        ratios = profile / np.fmax.reduce(profile, axis=1, keepdims=True)
    moments = [m for m in range(len(ratios)) if np.isfinite(ratios[m]).sum() >= 3]
    for m in moments:
        depths = series.layer_depths[np.isfinite(ratios[m]) & (ratios[m] > 0)]
        values = ratios[m][np.isfinite(ratios[m]) & (ratios[m] > 0)]
        if len(values) < 3:
            continue
        first, last = values[0], values[-1]
        if first / last > t.vanishing_warning or (factor := fit_factor(values)) > t.vanishing_factor:
            continue
        lost = depths[values < t.vanishing_warning]
        layers = tuple(series.name_layer(depth) for depth in lost)
        # What was cut off at first and is not at the end has found its way.
        ends = ratios[moments[-1]]
        known = ends[np.isfinite(ends) & (ends > 0)]
        recovered = len(known) > 0 and known[0] / known[-1] > t.vanishing_warning
        is_error = first / last < t.vanishing_ratio and not recovered
        evidence: dict[str, float | str] = {
            "gradient_ratio": first / last,
            "factor_per_layer": factor,
            **_expect(context),
            "layers": float(len(values)),
            "gradient_rms_first": float(profile[m][np.isfinite(profile[m])][0]),
        }
        if context.is_adaptive and is_error:
            evidence["hidden_by"] = "the optimizer, which divides gradients by their own size"
        names = context.count_activations()
        if names:
            evidence["activations"] = names
        yield Finding(
            "vanishing_gradient",
            "error" if is_error else "warning",
            layers,
            context.get_epoch(series.epochs[m]),
            evidence,
            f"The layers nearest the input get {first / last:.1e} of the last layer's gradient; each layer passes on "
            f"about {factor:.2g} of what it gets. {CURE}",
        )
        return


def find_exploding(context: Context) -> Iterator[Finding]:
    """The gradient grows from layer to layer towards the input, or what goes forwards grows towards the output."""
    series, t = context.series, context.thresholds
    profile = _make_profile(series)
    if profile.shape[1] >= 3:
        for m in range(len(profile)):
            values = profile[m][np.isfinite(profile[m]) & (profile[m] > 0)]
            if len(values) >= 3 and values[0] / values[-1] > t.exploding_ratio and fit_factor(values) > 1:
                yield Finding(
                    "exploding_gradient",
                    "error",
                    (series.name_layer(series.layer_depths[0]),),
                    context.get_epoch(series.epochs[m]),
                    {
                        "gradient_ratio": values[0] / values[-1],
                        "factor_per_layer": fit_factor(values),
                        **_expect(context),
                    },
                    "The gradient grows towards the input. Use smaller initial weights "
                    "(`kernel_initializer='he_normal'` "
                    "with ReLU, `'glorot_uniform'` with tanh), fewer layers, or `clipnorm=1.0` in the optimizer.",
                )
                return


def _expect(context: Context) -> dict[str, float]:
    """The factor that theory expects, where it knows."""
    factor = context.expected_factor
    return {} if np.isnan(factor) else {"expected_factor_per_layer": factor}


def find_zero(context: Context) -> Iterator[Finding]:
    """Layers whose gradient is exactly zero: nothing can move them."""
    series = context.series
    norms, steps = series.reduce(series.figures["gradient_norm"]), series.reduce(series.figures["steps"])
    is_zero = (norms == 0) & (steps > 0)
    weights = series.figures["weight_norm"]
    is_zero &= ~(~np.isfinite(weights) & np.isfinite(series.figures["steps"])).any(axis=1)[:, None]  # then NaN is why
    if not is_zero.any() or context.is_converged:
        return
    if context.is_inspection and _is_explained_by_zero_weights(series):
        return
    last = is_zero[-1]
    if not last.any():
        return
    start = int(np.argmax(is_zero[:, np.argmax(last)]))
    if start > 0 and last.all() and context.loss_is_unknown:  # it learned before: dead now, or done
        severity = "warning"
    else:
        severity = "error" if last[0] or last.all() else "warning"
    layers = tuple(series.name_layer(depth) for depth in series.layer_depths[last])
    yield Finding(
        "zero_gradient",
        severity,  # type: ignore[arg-type]
        layers,
        context.get_epoch(series.epochs[start]),
        {"gradient_norm": 0.0, "layers": float(last.sum()), "of": float(len(last))},
        "Not one value of these layers' gradients differs from 0: they cannot learn. Look for dead ReLU units, "
        "an output "
        "activation that is constant (softmax over one unit), or operations without a derivative (argmax, round).",
    )


def find_nonfinite(context: Context) -> Iterator[Finding]:
    """NaN or infinity in a gradient or a weight."""
    series = context.series
    bad_weight = ~np.isfinite(series.figures["weight_norm"]) & np.isfinite(series.figures["steps"])
    bad_gradient = series.figures["nonfinite_steps"] > 0
    bad = bad_weight if context.scales_loss else bad_weight | bad_gradient
    if not bad.any() or (not bad_weight.any() and not context.is_inspection):
        return
    m = int(np.argmax(bad.any(axis=1)))
    depths = np.unique(series.depths[bad[m]])
    yield Finding(
        "nonfinite",
        "error",
        tuple(series.name_layer(depth) for depth in depths),
        context.get_epoch(series.epochs[m]),
        {"weights_hit": float(bad[m].sum()), "of": float(bad.shape[1])},
        "Weights or gradients became NaN or infinite. Check the data with `np.isfinite(x).all()` and the labels alike, "
        "lower the learning rate, add `clipnorm=1.0` to the optimizer, and avoid log, sqrt and division near 0.",
    )


def find_skipped(context: Context) -> Iterator[Finding]:
    """Steps that a `LossScaleOptimizer` skipped."""
    series, t = context.series, context.thresholds
    if context.is_inspection or not np.isfinite(series.figures["weight_norm"]).all():
        return
    with np.errstate(all="ignore"):
        parts = np.fmax.reduce(series.figures["nonfinite_steps"] / series.figures["steps"], axis=1)
    if not (parts > 0).any():
        return
    severity = "error" if parts[-1] >= t.skipped_steps else "warning" if parts[-1] >= 0.1 else "info"
    yield Finding(
        "skipped_steps",
        severity,  # type: ignore[arg-type]
        (),
        context.get_epoch(series.epochs[np.argmax(parts > 0)]),
        {"skipped_fraction": float(parts[-1]), "at_first": float(parts[np.argmax(parts > 0)])},
        "Gradients were not finite in float16, so the optimizer skipped these steps and halved its scale. A few at the "
        "start are normal; if they stay, scale the inputs, or compute the loss in float32 (`dtype='float32'` on "
        "the last layer).",
    )


def find_no_update(context: Context) -> Iterator[Finding]:
    """Gradients came, but no weight moved."""
    series = context.series
    norms, deltas = series.figures["gradient_norm"], series.figures["delta_norm"]
    is_still = (np.nan_to_num(deltas, nan=1.0) == 0).all(axis=1) & (np.nan_to_num(norms) > 0).any(axis=1)
    if context.is_inspection and context.accumulation > 1:
        return
    if not is_still.all():
        return
    rate = series.figures["learning_rate"][-1, 0]
    if rate == 0:
        cause = "The learning rate is 0: pass a positive `learning_rate` to the optimizer, and check its schedule."
    elif np.isnan(rate):
        cause = (
            "The optimizer made no update: `gradient_accumulation_steps` is larger than the number of steps. "
            "Make it smaller, or train longer."
        )
    else:
        cause = "The steps are too small to change a float32 weight: raise the learning rate."
    yield Finding(
        "no_update",
        "error",
        (),
        context.get_epoch(series.epochs[0]),
        {"delta_norm": 0.0, "gradient_norm": float(np.fmax.reduce(norms, axis=None)), "learning_rate": float(rate)},
        cause,
    )


def find_disconnected(context: Context) -> Iterator[Finding]:
    """Trainable layers on which the loss does not depend."""
    series = context.series
    steps = series.reduce(series.figures["steps"])
    never = (steps == 0).all(axis=0)
    if never.any() and not never.all():
        yield Finding(
            "disconnected_layer",
            "warning",
            tuple(series.name_layer(depth) for depth in series.layer_depths[never]),
            context.get_epoch(series.epochs[0]),
            {"steps_with_gradient": 0.0, "layers": float(never.sum())},
            "The loss does not depend on these layers, so they never change (this is no vanishing gradient). "
            "Connect their "
            "output to the model's, or leave them out; set `trainable = False` if it is meant.",
        )


def fit_factor(values: np.ndarray) -> float:
    """The factor per layer towards the input of gradients that are given from the first layer to the last.

    Args:
        values: Positive gradient sizes, at least two, of shape `(layers,)`.

    Returns:
        `exp(-slope)` of the least-squares line through their logarithms over depth: below 1 where they vanish.
    """
    return float(np.exp(-np.polyfit(np.arange(len(values)), np.log(values), 1)[0]))


def _make_profile(series: GradientSeries) -> np.ndarray:
    """Gradient size by layer, of kernels; one column per layer, NaN for those without a kernel."""
    kernels = series.is_kernel
    return series.reduce(get_dense_rms(series), kernels if kernels.any() else None)


def _is_explained_by_zero_weights(series: GradientSeries) -> bool:
    """Whether layers wait for a later weight that starts at 0 and will move at the first step."""
    weights, norms = series.figures["weight_norm"][0], series.figures["gradient_norm"][0]
    matters = series.is_kernel | np.array(["gamma" in name for name in series.names])
    waiting = matters & (weights == 0) & (norms > 0)
    if not waiting.any():
        return False
    stuck = (norms == 0) & matters & (weights == 0)
    return not stuck.any()
