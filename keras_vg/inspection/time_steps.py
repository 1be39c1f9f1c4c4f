"""The gradient with respect to each step of what recurrent layers are given, taken while a training step runs.

A sequence passes an operation on its way into the layer that gives it on unchanged, and looks at the gradient that
comes back. So it is the gradient of the model's own step, with no second backward pass.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from keras_vg.inspection.recurrent_theory import expect_factor
from keras_vg.inspection.watched import WatchedLayer
from keras_vg.text import name_function
from keras_vg.training import keras_private
from keras_vg.training.call_order import list_parts

COLUMNS: tuple[str, ...] = ("depth", "layer", "kind", "direction", "step", "examples", "gradient_rms")
COLUMNS += ("padded_fraction", "expected_factor")


@dataclass
class _Call:
    """What came back through one call of a layer, each array of shape `(examples, steps)` but the mask, maybe None."""

    gradient_norm: np.ndarray
    size: int
    mean_square: np.ndarray
    is_repeated: np.ndarray
    mask: np.ndarray | None


@dataclass
class _Sequence:
    """A layer that reads sequences, and its calls."""

    item: WatchedLayer
    direction: str
    anchor: Any = None
    calls: list[_Call] = field(default_factory=list)


class TimeRecorder:
    """Records the gradient with respect to the inputs of recurrent layers, step by step.

    A `Bidirectional` counts as one layer. What is called inside a loop or a function that TensorFlow compiles by itself
    is not seen.

    Args:
        model: A built model.
        watched: Its layers.
    """

    def __init__(self, model: keras.Model, watched: Sequence[WatchedLayer]) -> None:
        wrappers = [item.layer for item in watched if isinstance(item.layer, keras.layers.Bidirectional)]
        inside = {id(part) for layer in wrappers for part in list_parts(layer)}
        self._sequences = [
            _Sequence(item, _find_direction(item.layer))
            for item in watched
            if isinstance(item.layer, keras.layers.RNN | keras.layers.Bidirectional) and id(item.layer) not in inside
        ]
        for sequence in self._sequences:
            sequence.anchor = _find_anchor(model, sequence.item.layer)
        self._is_open = True

    @contextlib.contextmanager
    def record(self) -> Iterator[None]:
        """Within it, the training step runs, or is traced."""
        with contextlib.ExitStack() as stack:
            for sequence in self._sequences if self._is_open else ():
                watched = self._watch(sequence.item.layer.call, sequence)
                stack.enter_context(keras_private.set_attribute(sequence.item.layer, "call", watched))
            yield

    def finish(self, predictions: Sequence[Any]) -> None:
        """Ends the recording; nothing is kept of the outputs."""

    def close(self) -> None:
        """Ends all recording: steps that are run after it are not recorded."""
        if self._sequences and keras.backend.backend() == "jax":
            import jax

            jax.effects_barrier()  # type: ignore[no-untyped-call, unused-ignore]  # what is sent has arrived by then
        self._is_open = False

    def tabulate(self, loss_scale: float = 1.0) -> pd.DataFrame:
        """Returns what was recorded.

        Args:
            loss_scale: What the loss was multiplied by before the gradients were computed.

        Returns:
            One row per layer and step, as of `Inspection.time`.
        """
        rows: list[dict[str, Any]] = []
        for sequence in self._sequences:
            lengths: dict[int, list[_Call]] = {}
            for call in sequence.calls:
                lengths.setdefault(call.gradient_norm.shape[1], []).append(call)
            for number, calls in enumerate(lengths.values()):
                name = sequence.item.name if number == 0 else f"{sequence.item.name}[{number}]"
                rows += _tabulate(sequence, name, calls, loss_scale)
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def measure_zeroed(self) -> dict[str, float]:
        """Measures for which part of the examples a layer puts out zeros because its last step is masked.

        That is what `zero_output_for_mask=True` does to a layer that puts out its last step alone; on JAX not to an
        unrolled one.

        Returns:
            The part, by the names of the layers of which it is not 0; without those of a `Bidirectional`, whose other
            half puts out something.
        """
        found = {}
        for sequence in self._sequences:
            layer, masks = sequence.item.layer, [call.mask for call in sequence.calls if call.mask is not None]
            if not getattr(layer, "zero_output_for_mask", False) or layer.return_sequences or not masks:
                continue
            if layer.unroll and keras.backend.backend() == "jax":
                continue
            last = 0 if sequence.direction == "backwards" else -1
            part = float(np.mean(np.concatenate([~mask[:, last].astype(bool) for mask in masks])))
            if part > 0:
                found[sequence.item.name] = part
        return found

    def _watch(self, call: Callable[..., Any], sequence: _Sequence) -> Callable[..., Any]:
        def watched(given: Any, *args: Any, **kwargs: Any) -> Any:
            if ops.is_tensor(given) and len(given.shape) >= 3 and None not in tuple(given.shape):
                mask = kwargs.get("mask", args[1] if len(args) > 1 else None)
                given = _look_back(given, sequence.anchor, functools.partial(self._send, sequence), _see(given, mask))
            return call(given, *args, **kwargs)

        return watched

    def _send(self, sequence: _Sequence, size: int, seen: Sequence[Any]) -> None:
        if self._is_open:
            norm, mean_square, is_repeated, *masks = (np.asarray(array) for array in seen)
            mask = masks[0] if masks else None
            sequence.calls.append(_Call(norm.astype("float64"), size, mean_square, is_repeated, mask))


def _find_direction(layer: Any) -> str:
    if isinstance(layer, keras.layers.Bidirectional):
        return "both"
    return "backwards" if layer.go_backwards else "forwards"


def _find_anchor(model: keras.Model, layer: keras.layers.Layer) -> Any:
    """A variable that the gradient is computed for: a tensor that depends on none gets no gradient."""
    backend = keras.backend.backend()
    if backend == "torch":
        return None
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.Variable(0.0)  # of its own: a tape follows every variable
    variables = layer.trainable_variables or model.trainable_variables
    return min(variables, key=lambda variable: int(np.prod(variable.shape)), default=None)


def _see(given: Any, mask: Any) -> list[Any]:
    """Of each example and step: the mean square of the input, whether it is that of the next step, and the mask."""
    x = ops.cast(ops.stop_gradient(given), "float32")
    x = ops.reshape(x, (*x.shape[:2], -1))
    seen = [ops.mean(ops.square(x), axis=-1), ops.all(x[:, :-1] == x[:, 1:], axis=-1)]
    return seen if mask is None else [*seen, ops.cast(mask, "bool")]


def _measure(gradient: Any) -> Any:
    """The norm of the gradient at each step of each example; of shape `(examples, steps)`.

    Squares of gradients that have passed a hundred steps are too small for float32.
    """
    values = ops.cast(gradient, "float32")
    values = ops.reshape(values, (*values.shape[:2], -1))
    largest = ops.max(ops.abs(values), axis=-1)
    scaled = values / ops.where(largest > 0, largest, 1.0)[..., None]
    return largest * ops.sqrt(ops.sum(ops.square(scaled), axis=-1))


def _look_back(x: Any, anchor: Any, send: Callable[[int, Sequence[Any]], None], seen: list[Any]) -> Any:
    """Gives a tensor on unchanged; sends what `_measure` says of its gradient, with what was seen of itself."""
    backend, size = keras.backend.backend(), int(np.prod(x.shape[2:]))
    if backend == "torch":
        return _look_back_with_torch(x, functools.partial(send, size), seen)
    if anchor is None:
        return x
    if backend == "tensorflow":
        return _look_back_with_tensorflow(x, anchor, functools.partial(send, size), seen)
    return _look_back_with_jax(x, anchor.value, functools.partial(send, size), seen)


def _look_back_with_torch(x: Any, send: Callable[[Sequence[Any]], None], seen: list[Any]) -> Any:
    import torch

    if not torch.is_grad_enabled() or not torch.is_floating_point(x):
        return x
    x = x.view_as(x) if x.requires_grad else x.detach().requires_grad_()  # which others may be given, too
    x.register_hook(lambda gradient: send([ops.convert_to_numpy(t) for t in (_measure(gradient), *seen)]))
    return x


def _look_back_with_tensorflow(x: Any, anchor: Any, send: Callable[[Sequence[Any]], None], seen: list[Any]) -> Any:
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator, unused-ignore]
    def look(x: Any, anchor: Any) -> Any:
        def receive(gradient: Any) -> Any:
            with contextlib.suppress(AttributeError, NotImplementedError):  # of a loop's own compilation
                send([ops.convert_to_numpy(t) for t in (_measure(gradient), *seen)])
            return gradient, None

        return tf.identity(x), receive

    return look(x, tf.convert_to_tensor(anchor)) if x.dtype.is_floating else x


def _look_back_with_jax(x: Any, anchor: Any, send: Callable[[Sequence[Any]], None], seen: list[Any]) -> Any:
    import jax

    if not ops.is_tensor(x) or not jax.numpy.issubdtype(x.dtype, jax.numpy.floating):
        return x

    def receive(seen: list[Any], gradient: Any) -> Any:
        jax.debug.callback(lambda *arrays: send(arrays), _measure(gradient), *seen)
        return gradient, None, [None for _ in seen]

    look = jax.custom_vjp(lambda x, anchor, seen: x)
    look.defvjp(lambda x, anchor, seen: (x, seen), receive)
    return look(x, anchor, seen)


def _tabulate(sequence: _Sequence, name: str, calls: list[_Call], loss_scale: float) -> list[dict[str, Any]]:
    """The rows of one layer. Masked steps are no steps: what is left of an example is moved to where reading ends."""
    norms: list[np.ndarray] = []
    padded: list[np.ndarray] = []
    square, weight = 0.0, 0
    is_backwards = sequence.direction == "backwards"
    for call in calls:
        steps = call.gradient_norm.shape[1]
        mask = np.ones(call.gradient_norm.shape, bool) if call.mask is None else call.mask.astype(bool)
        for gradient, keep, is_repeated in zip(call.gradient_norm, mask, call.is_repeated, strict=True):
            kept = np.flatnonzero(keep)
            missing = np.full(steps - len(kept), np.nan)
            if not len(kept):
                continue
            for rows, values in (
                (norms, gradient[kept]),
                (padded, _find_padding(is_repeated[kept[:-1]], sequence.direction)),
            ):
                rows.append(np.concatenate([values, missing] if is_backwards else [missing, values]))
        square += float(call.mean_square[mask].sum()) * call.size
        weight += int(mask.sum())
    if not norms:
        return []
    table, rest = np.stack(norms), np.stack(padded)
    examples = np.isfinite(rest).sum(axis=0)
    chosen = np.flatnonzero(examples)
    expected = expect_factor(sequence.item.layer, square / max(weight, 1))
    item = sequence.item
    return [
        {
            "depth": item.depth,
            "layer": name,
            "kind": name_function(type(item.layer)),
            "direction": sequence.direction,
            "step": step,
            "examples": int(examples[place]),
            "gradient_rms": _reduce(table[~np.isnan(rest[:, place]), place]) / np.sqrt(calls[0].size) / loss_scale,
            "padded_fraction": np.nan if sequence.direction == "both" else float(np.nanmean(rest[:, place])),
            "expected_factor": expected,
        }
        for step, place in enumerate(chosen.tolist())
    ]


def _find_padding(is_repeated: np.ndarray, direction: str) -> np.ndarray:
    """Whether, from a step to the last that is read, there are but repetitions, at least one; of shape `(steps,)`."""
    padded = np.zeros(len(is_repeated) + 1)
    run = int(np.logical_and.accumulate(is_repeated if direction == "backwards" else is_repeated[::-1]).sum())
    if run and direction == "backwards":
        padded[: run + 1] = 1
    elif run and direction == "forwards":
        padded[-run - 1 :] = 1
    return padded


def _reduce(norms: np.ndarray) -> float:
    """Root mean square over the examples, of numbers whose squares float64 can hold."""
    largest = float(np.max(np.abs(norms), initial=0.0))
    if not largest > 0 or not np.isfinite(largest):
        return largest
    return float(largest * np.sqrt(np.mean(np.square(norms / largest))))
