"""Rules about the gradients: vanishing, exploding, zero, not finite, and steps that were skipped."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from keras_vg.diagnosis.advice import avoid_nonfinite, strengthen_gradient, weaken_gradient
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.nonfinite import GRADIENTS, WEIGHTS
from keras_vg.diagnosis.paths import list_paths
from keras_vg.diagnosis.saturation import list_saturated_heads, make_finding
from keras_vg.diagnosis.series import GradientSeries
from keras_vg.logs.layers import fit_factor

_NOTHING = 1e-6
"""Part of a loss's largest size below which it may be 0 but for rounding."""


@dataclass(frozen=True)
class Profile:
    """The gradients of the layers on one path from the input to an output, in one epoch.

    Attributes:
        epoch: The index of the epoch.
        path: The index of the path.
        depths: The layers' depths, at least three.
        values: Their gradients.
        before: Those of what is on the path before the first layer that is compared, such as an embedding.
        ratio: The first layer's over the last one's; of a model whose graph is not known, that of `LayerGradients`.
        is_cut: Whether the layers behind the one with the largest gradient are left out.
    """

    epoch: int
    path: int
    depths: np.ndarray
    values: np.ndarray
    before: np.ndarray
    ratio: float
    is_cut: bool = False

    @property
    def decay(self) -> float:
        """The first value over the last one."""
        return float(self.values[0] / self.values[-1])


def find_vanishing(context: Context) -> Iterator[Finding]:
    """The gradient shrinks from layer to layer towards the input, on some path."""
    layers, t = context.layers, context.thresholds
    profiles = _list_profiles(context)
    final = {profile.path: profile for profile in profiles}  # the last epoch of each
    for profile in profiles:
        depths, values, epoch = profile.depths, profile.values, profile.epoch
        # The ratio is 0 if the first layer has no gradient at all, which `find_zero` is about.
        if not np.maximum(profile.ratio, profile.decay) <= t.vanishing_warning:
            continue
        factor = fit_factor(values)
        if factor > t.vanishing_factor:
            continue
        lost = depths[values < t.vanishing_warning * values.max()]
        has_recovered = final[profile.path].decay > t.vanishing_warning
        # An embedding or a normalization before the first kernel shows what arrives there: along the skip connections
        # of a transformer all of it, however small the gradients within its blocks are.
        is_passed_by = bool((profile.before > t.vanishing_warning * values[-1]).any())
        # Where no example is told from another, it is certain that too little arrives.
        limit = t.vanishing_warning if profile.is_cut else t.vanishing_ratio
        is_error = profile.decay < limit and not has_recovered and not is_passed_by
        evidence: dict[str, float | str] = {
            "gradient_ratio": profile.ratio,
            "factor_per_layer": factor,
            **_expect(context, depths),
            "layers": float(len(values)),
            "gradient_rms_first": float(values[0]),
        }
        if context.is_adaptive and is_error:
            evidence["hidden_by"] = "the optimizer, which divides gradients by their own size"
        names = context.count_activations()
        if names:
            evidence["activations"] = names
        yield Finding(
            "vanishing_gradient",
            "error" if is_error else "warning",
            tuple(context.series.name_layer(depth) for depth in lost),
            context.get_epoch(layers.epochs[epoch]),
            evidence,
            _advise(context, profile, factor, is_passed_by),
        )
        return


def _advise(context: Context, profile: Profile, factor: float, is_passed_by: bool) -> str:
    """What to do about vanishing gradients, by whether they reach the input all the same."""
    ratio = profile.ratio
    if profile.is_cut:
        return (
            "All predictions are the same: what differs between examples is lost on the way forwards, and of the "
            f"largest gradient {ratio:.1e} is left at the layers nearest the input. {strengthen_gradient(context)}"
        )
    if is_passed_by:
        return (
            f"The gradient reaches the input, but passes these layers by: they get {ratio:.1e} of the last layer's. "
            "Give them larger initial weights."
        )
    return (
        f"The layers nearest the input get {ratio:.1e} of the last layer's gradient; each layer passes on about "
        f"{factor:.2g} of what it gets. {strengthen_gradient(context)}"
    )


def find_exploding(context: Context) -> Iterator[Finding]:
    """The gradient grows from layer to layer towards the input, on every path from there."""
    layers, t = context.layers, context.thresholds
    profiles = _list_profiles(context)
    for profile in profiles:
        if not min(profile.ratio, profile.decay) > t.exploding_ratio:
            continue
        # What is large beside one output's layers alone comes from another output, whose loss weighs more.
        beside = [p for p in profiles if (p.epoch, p.depths[0]) == (profile.epoch, profile.depths[0])]
        factor = fit_factor(profile.values)
        if min(min(p.ratio, p.decay) for p in beside) > t.exploding_ratio and factor > 1:
            yield Finding(
                "exploding_gradient",
                "error",
                (context.series.name_layer(profile.depths[0]),),
                context.get_epoch(layers.epochs[profile.epoch]),
                {"gradient_ratio": profile.ratio, "factor_per_layer": factor, **_expect(context, profile.depths)},
                f"The gradient grows towards the input. {weaken_gradient(context)}",
            )
            return


def _expect(context: Context, depths: np.ndarray) -> dict[str, float]:
    """The factor that theory expects of the layers at these depths, where it knows."""
    factor = context.predict_factor(depths)
    return {} if np.isnan(factor) else {"expected_factor_per_layer": factor}


def find_zero(context: Context) -> Iterator[Finding]:
    """Layers whose gradient is exactly zero: nothing can move them."""
    series = context.series
    norms, steps = series.reduce(series.columns["gradient_norm"]), series.reduce(series.columns["steps"])
    is_zero = (norms == 0) & (steps > 0)
    weights = series.columns["weight_norm"]
    is_zero &= ~(~np.isfinite(weights) & np.isfinite(series.columns["steps"])).any(axis=1)[:, None]  # then NaN is why
    if not is_zero.any():
        return
    is_stuck = not context.is_inspection and context.has_no_gradient and _is_above_nothing(context)
    if context.is_converged and not is_stuck:
        if is_zero.all() and not context.is_inspection:
            yield from _find_idle_batches(context)
        return
    if context.is_inspection and _is_explained_by_zero_weights(series):
        return
    last = is_zero[-1]
    if not last.any():
        return
    start = int(np.argmax(is_zero[:, np.argmax(last)]))
    layers = tuple(series.name_layer(depth) for depth in series.layer_depths[last])
    heads = list_saturated_heads(context)
    named = [head["layer"] for head in heads if head["layer"] in series.layers]
    # Elsewhere penalties may have a gradient. A head without weights, an Activation, is judged by the layer before it.
    if heads and (all(layer in layers for layer in named) if named else last[-1]):
        yield make_finding(
            context,
            heads,
            "error",
            context.get_epoch(series.epochs[start]),
            {"gradient_norm": 0.0},
            "The output gives nothing but 0 and 1, where cross-entropy passes no gradient, not even to wrong answers: "
            "no learning rate helps.",
        )
        return
    if start > 0 and last.all() and context.loss_is_unknown:  # it learned before: dead now, or done
        severity = "warning"
    else:
        severity = "error" if last[0] or last.all() else "warning"
    evidence: dict[str, float | str] = {"gradient_norm": 0.0, "layers": float(last.sum()), "of": float(len(last))}
    constant = _list_constant_normalizations(context)
    if constant:
        evidence["constant"] = ", ".join(constant)
        cause = (
            f"{constant[0]!r} normalizes over a single feature, so it gives the same value whatever it is given, and "
            "what comes after it learns nothing: give it more features (a Dense or embedding layer before it), another "
            "`axis`, or leave it out."
        )
    else:
        rows = context.activations
        may_die = rows is None or rows.has_activation(("relu", "relu6")).any()
        cause = (
            f"Look for {'dead ReLU units, ' if may_die else ''}an output activation that is constant (softmax over one "
            "unit), or operations without a derivative (argmax, round)."
        )
    yield Finding(
        "zero_gradient",
        severity,  # type: ignore[arg-type]
        layers,
        context.get_epoch(series.epochs[start]),
        evidence,
        f"Not one value of these layers' gradients differs from 0: they cannot learn. {cause}",
    )


def _is_above_nothing(context: Context) -> bool:
    """Whether a loss of which no lowest value is known has stopped at another value than 0."""
    losses = context.losses
    if losses is None or np.isfinite(context.baseline) or not np.isfinite(losses).all():
        return False
    return bool(abs(losses[-1]) > _NOTHING * np.abs(losses).max())


def _find_idle_batches(context: Context) -> Iterator[Finding]:
    """A loss of 0 without a gradient in every step since the first, where that of other examples has one."""
    losses, t = context.losses, context.thresholds
    if losses is None or losses.any() or not (context.is_over or len(losses) >= t.first_epochs):
        return
    inspection = context.inspection
    if inspection is not None and not (inspection.gradients["gradient_norm"] > 0).any():
        return
    # A trained model whose loss is 0 may be trained on; of other examples it has a small one.
    is_new = inspection is not None and not inspection.setup["loss"] < t.converged_loss * context.baseline
    yield Finding(
        "zero_gradient",
        "error" if is_new else "warning",
        (),
        context.get_epoch(context.series.epochs[0]),
        {"gradient_norm": 0.0, "loss": 0.0},
        "The loss is 0 and so is each gradient, since the first step: what `fit` is given asks for nothing, or all of "
        "it is met already. A loss that compares the examples of a batch (ranks, pairs, a partial likelihood) needs "
        "batches of more than one; `sample_weight` and masks must not leave all of it out.",
    )


def _list_constant_normalizations(context: Context) -> list[str]:
    """Layers that normalize over one feature: what they put out, and so their gamma's gradient, does not vary."""
    series = context.series
    is_gamma = np.array(["gamma" in name for name in series.names]) & (series.sizes == 1)
    is_still = (series.columns["gradient_norm"][-1] == 0) & (series.columns["steps"][-1] > 0)
    names = [str(name) for name in series.layers[is_gamma & is_still]]
    if context.activations is None:
        return names
    varying = set(context.activations.layer[context.activations.std > 0])
    return [name for name in names if name not in varying]


def find_nonfinite(context: Context) -> Iterator[Finding]:
    """NaN or infinity in a gradient or a weight."""
    series = context.series
    bad_weight = ~np.isfinite(series.columns["weight_norm"]) & np.isfinite(series.columns["steps"])
    bad_gradient = series.columns["nonfinite_steps"] > 0
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
        {
            "first": WEIGHTS if bad_weight[m].any() and not context.is_inspection else GRADIENTS,
            "weights_hit": float(bad[m].sum()),
            "of": float(bad.shape[1]),
        },
        "Weights or gradients became NaN or infinite. Check the data with `np.isfinite(x).all()` and the labels "
        f"alike, {avoid_nonfinite(context)}.",
    )


def find_skipped(context: Context) -> Iterator[Finding]:
    """Steps that a `LossScaleOptimizer` skipped."""
    series, t = context.series, context.thresholds
    if context.is_inspection or not np.isfinite(series.columns["weight_norm"]).all():
        return
    epochs, rows = np.unique(series.epochs, return_inverse=True)  # which may have a row per step
    columns = [series.columns[name] for name in ("nonfinite_steps", "steps")]
    skipped, steps = (np.bincount(rows, np.nan_to_num(np.fmax.reduce(column, axis=1))) for column in columns)
    parts = skipped / np.maximum(steps, 1)
    if not (parts > 0).any():
        return
    is_error = parts[-1] >= t.skipped_steps and skipped.sum() >= t.skipped_at_first
    severity = "error" if is_error else "warning" if parts[-1] >= 0.1 else "info"
    yield Finding(
        "skipped_steps",
        severity,  # type: ignore[arg-type]
        (),
        context.get_epoch(epochs[np.argmax(parts > 0)]),
        {"skipped_fraction": float(parts[-1]), "at_first": float(parts[np.argmax(parts > 0)])},
        "Gradients were not finite in float16, so the optimizer skipped these steps and halved its scale. A few at "
        "the start are normal; if they stay, scale the inputs, or compute the loss in float32 (`dtype='float32'` on "
        "the last layer).",
    )


def find_no_update(context: Context) -> Iterator[Finding]:
    """Gradients came, but no weight moved: never, or no longer."""
    series = context.series
    norms, deltas = series.columns["gradient_norm"], series.columns["delta_norm"]
    is_still = (np.nan_to_num(deltas, nan=1.0) == 0).all(axis=1) & (np.nan_to_num(norms) > 0).any(axis=1)
    if not is_still[-1] or (context.is_inspection and (context.accumulation > 1 or _warms_up(context))):
        return
    start = 0 if is_still.all() else len(is_still) - int(np.argmin(is_still[::-1]))
    rate = float(np.fmax.reduce(series.columns["learning_rate"][-1]))
    if start > 0 and (np.isnan(rate) or context.is_converged):  # between two updates, or done
        return
    yield Finding(
        "no_update",
        "error" if start == 0 else "warning",
        (),
        context.get_epoch(series.epochs[start]),
        {"delta_norm": 0.0, "gradient_norm": float(np.fmax.reduce(norms[start:], axis=None)), "learning_rate": rate},
        ("" if start == 0 else "From this epoch on no weight moves. ") + _explain_no_update(context, rate),
    )


def _warms_up(context: Context) -> bool:
    """Whether a schedule begins with a rate of 0, and goes on with others."""
    setup = {} if context.inspection is None else context.inspection.setup
    return bool(setup.get("peak_learning_rate", 0.0) > setup.get("learning_rate", np.nan) == 0)


def _explain_no_update(context: Context, rate: float) -> str:
    if rate == 0:
        return (
            "The learning rate is 0: pass a positive `learning_rate` to the optimizer, and check its schedule and the "
            "callbacks that set it."
        )
    if np.isnan(rate):
        return (
            "The optimizer made no update: `gradient_accumulation_steps` is larger than the number of steps. Make it "
            "smaller, or train longer."
        )
    setup = {} if context.inspection is None else context.inspection.setup
    dtype = str(setup.get("dtype", ""))
    if dtype in ("bfloat16", "float16"):
        cause = (
            f"and so is the optimizer's beta_2: in {dtype} it is 1, so that a step of Adam is 0 at any learning rate"
            if setup.get("rounded_beta_2")
            else "and what an optimizer keeps of its gradients with it"
        )
        return (
            f"The weights are {dtype}, in which a small step is rounded away, {cause}. Keep the weights in float32 and "
            f"compute in {dtype}: `keras.config.set_dtype_policy('mixed_{dtype}')` before the model is made."
        )
    return "The steps are too small to change a weight of this precision: raise the learning rate."


def find_unseen(context: Context) -> Iterator[Finding]:
    """Layers that moved though no gradient of theirs was seen: nothing can be said of them."""
    series = context.series
    is_unseen = _find_unseen_layers(series)
    if is_unseen.any():
        yield Finding(
            "gradients_not_seen",
            "warning",
            tuple(series.name_layer(depth) for depth in series.layer_depths[is_unseen]),
            context.get_epoch(series.epochs[0]),
            {"steps_with_gradient": 0.0, "layers": float(is_unseen.sum()), "of": float(len(is_unseen))},
            "These layers were trained, but their gradients were not seen, so they are not judged. Gradients are seen "
            "where a Keras optimizer is given them (`apply` or `apply_gradients`; on JAX the `stateless_apply` of the "
            "compiled optimizer). Train these weights through one, or judge them by `WeightDeltaLogger`.",
        )


def _find_unseen_layers(series: GradientSeries) -> np.ndarray:
    """Which layers have a weight that moved without a gradient, by no optimizer that has a rate; `(layers,)`.

    A weight on which the loss does not depend may move, too: on JAX an optimizer decays it, at a rate that is logged.
    """
    steps, moved = series.columns["steps"], series.columns["delta_norm"] > 0
    has_no_rate = np.isnan(series.columns["learning_rate"])
    is_unseen = (steps == 0) & moved & (has_no_rate | ~(steps > 0).any(axis=1, keepdims=True))
    return series.reduce(is_unseen.astype("float64")).max(axis=0) > 0


def find_disconnected(context: Context) -> Iterator[Finding]:
    """Trainable layers on which the loss does not depend."""
    series = context.series
    is_unseen = _find_unseen_layers(series)
    steps = series.reduce(series.columns["steps"])
    never = (steps == 0).all(axis=0) & ~is_unseen
    if not never.any() or (never.all() and not _is_loss_known(context)):
        return
    is_cut_off = _is_cut_off(context, series.layer_depths[never], series.layer_depths[~never])
    if never.all():
        cause = (
            "The loss depends on no weight at all: what it is computed from has no derivative (argmax, round, a "
            "comparison such as `accuracy`), or has left the graph (NumPy, `stop_gradient`)."
        )
    elif is_cut_off:
        cause = (
            "The loss depends on later layers, but not on these, which come before them: something between them has "
            "no derivative (argmax, round, a comparison), or stops it (`stop_gradient`, NumPy)."
        )
    else:
        cause = (
            "The loss does not depend on these layers, so they get no gradient (which is no vanishing one) and learn "
            "nothing. Connect their output to the model's, or leave them out; set `trainable = False` if it is meant."
        )
    yield Finding(
        "disconnected_layer",
        "error" if never.all() or is_cut_off else "warning",
        tuple(series.name_layer(depth) for depth in series.layer_depths[never]),
        context.get_epoch(series.epochs[0]),
        {"steps_with_gradient": 0.0, "layers": float(never.sum())},
        cause,
    )


def _is_loss_known(context: Context) -> bool:
    """Whether an inspection has seen all of the step, so that where no gradient is there is none."""
    if not context.is_inspection or context.inspection is None:
        return False
    setup = context.inspection.setup
    return bool(np.isfinite(setup.get("loss", np.nan)) and not setup.get("not_seen"))


def _is_cut_off(context: Context, never: np.ndarray, others: np.ndarray) -> bool:
    """Whether on every path through the model's graph layers without a gradient come before layers that have one."""
    paths = [[d for d in path if d in never or d in others] for path in context.paths]
    paths = [path for path in paths if path]
    return bool(paths) and all(path[0] in never and path[-1] in others for path in paths)


def _find_waiting_head(context: Context) -> int | None:
    """The depth of a last layer whose kernel started at 0; None if it did not.

    The gradients of all layers before it are proportional to that kernel, which grows from 0 whatever the net is like,
    so they can be compared with one another alone.
    """
    series = context.series
    is_head = series.is_kernel & (series.depths == series.depths.max())
    ratio, size = series.columns["update_ratio"][0, is_head], series.columns["weight_norm"][0, is_head]
    return int(series.depths.max()) if is_head.any() and ((ratio == 1) | (size == 0)).all() else None


def _list_profiles(context: Context) -> list[Profile]:
    """The paths on which at least three layers can be compared, epoch by epoch.

    Layers whose gradient is 0 or not finite are left out: other rules are about them; and a head that started at 0.
    Where all predictions are the same, so are the layers behind the largest gradient: what the outputs get of examples
    with different labels cancels there. Where the model's graph is not known, all layers are taken for one path; see
    `list_paths`.
    """
    layers, left_out = context.layers, _find_waiting_head(context)
    may_be = layers.is_comparable & (layers.depths != left_out)
    paths = list_paths(context.series, context.paths)
    is_on_path = [np.isin(layers.depths, path) for path in paths]
    profiles = []
    for epoch, rms in enumerate(layers.rms):
        is_alike = epoch == len(layers.rms) - 1 and context.gives_one_answer  # it is known of the last predictions
        with np.errstate(invalid="ignore"):
            chosen = may_be & np.isfinite(rms) & (rms > 0)
        for index, mask in enumerate(is_on_path):
            is_on = chosen & mask
            if is_on.sum() < 3:
                continue
            depths, values = layers.depths[is_on], rms[is_on]
            before = rms[mask & (layers.depths < depths[0])]
            peak = int(values.argmax()) + 1 if is_alike else len(values)
            if 3 <= peak < len(values):
                ratio = float(values[0] / values[peak - 1])
                profiles.append(Profile(epoch, index, depths[:peak], values[:peak], before, ratio, is_cut=True))
                continue
            ratio = float(layers.ratio[epoch]) if len(paths) == 1 else float(values[0] / values[-1])
            profiles.append(Profile(epoch, index, depths, values, before, ratio))
    return profiles


def _is_explained_by_zero_weights(series: GradientSeries) -> bool:
    """Whether layers wait for a later weight that starts at 0 and will move at the first step."""
    weights, norms = series.columns["weight_norm"][0], series.columns["gradient_norm"][0]
    matters = series.is_kernel | np.array(["gamma" in name for name in series.names])
    waiting = matters & (weights == 0) & (norms > 0)
    if not waiting.any():
        return False
    stuck = (norms == 0) & matters & (weights == 0)
    return not stuck.any()
