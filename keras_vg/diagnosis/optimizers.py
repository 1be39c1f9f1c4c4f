"""What single optimizers do that their names do not say."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.nonfinite import STATE, UPDATE


def find_unbuilt(context: Context) -> Iterator[Finding]:
    """An optimizer whose first step ruins the weights, unless it is built before `fit`."""
    if not is_ruined_by_building(context):
        return
    assert context.inspection is not None
    setup = context.inspection.setup
    yield Finding(
        "unbuilt_optimizer",
        "error",
        (),
        None,
        {
            "update_ratio": float(setup["update"]),
            "update_ratio_if_built": float(setup["update_if_built"]),
            "optimizer": str(setup["optimizer"]),
            "backend": str(setup["backend"]),
        },
        f"On TensorFlow `fit` builds this optimizer inside its first step, where the copy of the weights that "
        f"{setup['optimizer']} starts from is lost: the step replaces the weights. Call "
        "`model.optimizer.build(model.trainable_variables)` after `compile`, before `fit`.",
    )


def is_ruined_by_building(context: Context) -> bool:
    """Whether the first step is other, and far larger, than if the optimizer were built before."""
    if context.inspection is None:
        return False
    found, built = (float(context.inspection.setup.get(name, np.nan)) for name in ("update", "update_if_built"))
    return bool(found >= context.thresholds.update_unbuilt and built < found / 2)


def find_discarded_weights(context: Context) -> Iterator[Finding]:
    """Initial weights that Ftrl throws away."""
    is_gone = find_discarded(context)
    if not is_gone.any():
        return
    series = context.series
    ratios = series.columns["update_ratio"][0, is_gone]
    yield Finding(
        "discarded_weights",
        "warning",
        tuple(dict.fromkeys(map(str, series.layers[is_gone]))),
        None,
        {"update_ratio": float(ratios.max()), "weights": float(is_gone.sum())},
        "Ftrl computes weights anew from the gradients that it has summed up: its first step throws the initial ones "
        "away, at any learning rate, and those of a trained model, too. Use it for linear models that start at 0 "
        "(`kernel_initializer='zeros'`), and another optimizer for hidden layers or fine-tuning.",
    )


def find_discarded(context: Context) -> np.ndarray:
    """Which weights the next step of Ftrl replaces, bool of shape `(weights,)`; none under any other optimizer."""
    series = context.series
    if context.inspection is None or context.inspection.setup["optimizer"] != "Ftrl" or not context.is_inspection:
        return np.zeros(len(series.names), bool)
    f = {name: column[0] for name, column in series.columns.items()}
    # From weights that Ftrl made itself a step moves no value by more than the learning rate.
    is_farther = f["delta_norm"] > 2 * f["learning_rate"] * np.sqrt(series.sizes)
    return (f["weight_norm"] > 0) & (f["update_ratio"] >= context.thresholds.update_discarded) & is_farther


def find_coasting(context: Context) -> Iterator[Finding]:
    """Weights without a gradient that go on moving by the learning rate: Lion takes the sign of its momentum."""
    name = None if context.inspection is None else str(context.inspection.setup["optimizer"])
    if name not in (None, "Lion"):
        return
    series, t, still = context.series, context.thresholds, context.still
    steps = still.steps
    with np.errstate(all="ignore"):
        moved = still.moved / (still.reach * np.sqrt(series.sizes))
    enough = 1 if context.is_inspection and name == "Lion" else t.coasting_steps
    chosen = (steps >= enough) & np.isfinite(moved) & (moved >= t.coasting)
    if not chosen.any():
        return
    yield Finding(
        "coasting_weights",
        "warning",
        tuple(dict.fromkeys(map(str, series.layers[chosen]))),
        context.get_epoch(still.start[chosen].min()),
        {"steps_without_gradient": float(steps[chosen].max()), "learning_rates_per_step": float(moved[chosen].max())},
        "These weights have a gradient of exactly 0, and move by the learning rate at every step all the same: Lion "
        "takes the sign of its momentum, which shrinks for thousands of steps before it is 0. Find out why the "
        "gradient is 0; freeze what is not to be trained (`trainable = False`, then `compile`), or use AdamW.",
    )


def find_schedule_by_batches(context: Context) -> Iterator[Finding]:
    """A learning rate schedule under gradient accumulation."""
    assert context.inspection is not None
    setup = context.inspection.setup
    if context.accumulation > 1 and setup.get("schedule"):
        yield Finding(
            "schedule_by_batches",
            "info",
            (),
            None,
            {"schedule": str(setup["schedule"]), "gradient_accumulation_steps": float(context.accumulation)},
            f"Keras evaluates a schedule at the number of batches, not of updates: with {context.accumulation} batches "
            f"per update it is through {context.accumulation} times as soon. Give its steps (`decay_steps`, "
            "`boundaries`, `warmup_steps`) as batches: updates times `gradient_accumulation_steps`.",
        )


def find_ranks_under_muon(context: Context) -> Iterator[Finding]:
    """Weights that Muon treats by their rank alone, other than by what they are."""
    assert context.inspection is not None
    weights: dict[str, tuple[tuple[int, ...], bool]] = dict(context.inspection.setup.get("orthogonalized") or {})
    # A kernel of two axes that is not orthogonalized was excluded.
    kernels = [n for n, (shape, is_chosen) in weights.items() if _is_kernel(n) and not is_chosen and len(shape) != 2]
    vectors = [n for n, (_, is_chosen) in weights.items() if not _is_kernel(n) and is_chosen]
    if not kernels and not vectors:
        return
    evidence: dict[str, float | str] = {}
    if kernels:
        evidence["kernels_under_adam"] = ", ".join(f"{name} {weights[name][0]}" for name in kernels)
    if vectors:
        evidence["orthogonalized_though_no_kernel"] = ", ".join(f"{name} {weights[name][0]}" for name in vectors)
    yield Finding(
        "rank_under_muon",
        "info",
        tuple(dict.fromkeys(name.rpartition("/")[0] for name in [*kernels, *vectors])),
        None,
        evidence,
        "Muon orthogonalizes the update of what has two axes, and leaves all else to Adam. So Adam trains the kernels "
        "of attention (three axes) and of convolutions, and the biases of attention and of a GRU (two axes) are "
        "orthogonalized. `exclude_layers=['bias']` leaves biases to Adam; for kernels of more axes there is no option.",
    )


def _is_kernel(name: str) -> bool:
    """Whether a weight multiplies its input, by its name: `"dense/kernel"`."""
    return "kernel" in name.rpartition("/")[2]


def find_nonfinite_state(context: Context) -> Iterator[Finding]:
    """NaN or infinity in what an optimizer keeps from step to step, of earlier gradients."""
    assert context.inspection is not None
    setup = context.inspection.setup
    names = tuple(setup.get("nonfinite_state", ()))
    if names:
        yield Finding(
            "nonfinite",
            "error",
            (),
            None,
            {
                "first": STATE,
                "optimizer": str(setup["optimizer"]),
                "variables": float(len(names)),
                "first_variable": names[0],
            },
            "A gradient that was NaN or infinite is left in what the optimizer keeps from step to step. It makes NaN "
            "of the next update, whatever weights and data are now (under Lion on torch, it leaves the weights as "
            "they are). Weights that are loaded again do not change that: call `compile` with a new optimizer.",
        )


def find_nonfinite_update(context: Context) -> Iterator[Finding]:
    """An update that is not finite, though weights and gradients are."""
    assert context.inspection is not None
    setup, rows = context.inspection.setup, context.inspection.gradients
    if setup.get("update") != np.inf or rows.empty or rows["nonfinite_steps"].any() or not rows["weight_norm"].any():
        return
    dtype, name = str(setup["dtype"]), str(setup["optimizer"])
    yield Finding(
        "nonfinite",
        "error",
        (),
        None,
        {"first": UPDATE, "optimizer": name, "dtype": dtype},
        f"Weights and gradients are finite, and the first step of {name} makes NaN or infinity of them. "
        + (
            f"In {dtype} its beta_2 is 1, and it divides by 1 - beta_2. Keep the weights in float32 and compute in "
            f"{dtype}: `keras.config.set_dtype_policy('mixed_{dtype}')` before the model is made."
            if setup.get("rounded_beta_2")
            else "Lower its learning rate, and check its options (`epsilon`, `beta_2`)."
        ),
    )
