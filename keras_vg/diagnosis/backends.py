"""What one backend makes of a model otherwise than the others, or than the model says."""

from collections.abc import Iterator

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
