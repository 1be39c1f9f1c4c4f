"""What one backend makes of a model otherwise than the others, or than the model says."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding

_GATED = ("lstm", "gru")


def find_changed_trainable(context: Context) -> Iterator[Finding]:
    """Weights that were frozen or thawed after the optimizer had been built, without `compile`."""
    assert context.inspection is not None
    if changed := list(context.inspection.setup.get("changed_weights", [])):
        yield Finding(
            "changed_trainable",
            "warning",
            (),
            None,
            {"weights": ", ".join(changed)},
            "`trainable` of these weights has changed since the optimizer was built. Call `compile` again: without it, "
            "`fit` goes on training the old ones on TensorFlow, and raises an error on JAX.",
        )


def find_forgotten_state(context: Context) -> Iterator[Finding]:
    """Stateful recurrent layers where the backend forgets their states, or cannot train them."""
    assert context.inspection is not None
    backend = context.inspection.setup.get("backend")
    layers: dict[str, str] = dict(context.inspection.setup.get("stateful_layers", {}))
    if backend == "jax" and layers:
        yield Finding(
            "forgotten_state",
            "warning",
            tuple(layers),
            None,
            {"backend": "jax"},
            "On JAX `fit`, `evaluate` and `predict` begin each batch with a state of zeros, whatever `stateful` says. "
            "Give each sequence whole with `stateful=False`, carry the state in a loop of your own, or use TensorFlow.",
        )
    elif backend == "torch" and (gated := [name for name, kind in layers.items() if kind in _GATED]):
        yield Finding(
            "forgotten_state",
            "error",
            tuple(gated),
            None,
            {"backend": "torch"},
            "On torch a step of `fit` through a stateful LSTM or GRU raises a RuntimeError: its state is overwritten "
            "before the gradient is computed. Use `stateful=False`, `SimpleRNN`, or TensorFlow.",
        )


def find_decay_without_gradient(context: Context) -> Iterator[Finding]:
    """Weights that the optimizer shrinks though the loss does not depend on them, as it does on JAX."""
    series = context.series
    f = series.columns
    is_trained = (f["steps"] > 0).any(axis=1, keepdims=True)
    is_moved = (f["steps"] == 0) & (f["delta_norm"] > 0) & np.isfinite(f["learning_rate"]) & is_trained
    chosen = is_moved.any(axis=0) & ~(f["steps"] > 0).any(axis=0)
    if not chosen.any() or (context.inspection is not None and context.inspection.setup.get("backend") != "jax"):
        return
    names = [f"{layer}/{name}" for layer, name in zip(series.layers[chosen], series.names[chosen], strict=True)]
    yield Finding(
        "decay_without_gradient",
        "warning",
        tuple(dict.fromkeys(map(str, series.layers[chosen]))),
        context.get_epoch(series.epochs[np.argmax(is_moved.any(axis=1))]),
        {"weights": ", ".join(names), "update_ratio": float(np.fmax.reduce(f["update_ratio"][is_moved]))},
        "The loss does not depend on these weights, and they change all the same: on JAX such a weight has a gradient "
        "of zeros rather than none, so that the optimizer decays it. Leave these layers out, set `trainable = False`, "
        "or call `optimizer.exclude_from_weight_decay(var_list=...)` before `fit`.",
    )
