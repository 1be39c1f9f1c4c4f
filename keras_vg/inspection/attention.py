"""What attention layers attend to: entropy and logits of each head, and how much of it is padding.

They are computed anew from the queries and keys that a layer is about to use, beside what it does with them, or from
the scores that it gives a `keras.layers.Softmax`. Layers of other classes than Keras's are known by what they have.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg.inspection.watched import WatchedLayer
from keras_vg.training import keras_private
from keras_vg.training.call_order import list_parts

COLUMNS = ["layer", "head", "keys", "entropy", "largest_logit", "padded_keys", "padding_weight"]
MOST_EXAMPLES, MOST_QUERIES = 8, 128
"""Of a batch that are looked at: enough to tell, and the logits of all would be as many as those of the model."""

_MASKED = -1e8
"""Bias below which a key is left out."""

_FEWEST_IDS = 4
"""Ids that go no further are types of segments rather than words."""


@dataclass
class _Attention:
    """An attention layer, and of each call an array of shape `(heads, quantities)`."""

    name: str
    layer: Any
    watch: "_Watch"
    calls: list[np.ndarray] = field(default_factory=list)


class AttentionRecorder:
    """Records what the heads of attention layers attend to, while a training step runs.

    Args:
        watched: A model's layers.
    """

    def __init__(self, watched: Sequence[WatchedLayer]) -> None:
        self._attentions = [
            _Attention(item.name, item.layer, watch)
            for item in watched
            if (watch := _choose_watch(item.layer)) is not None
        ]
        self._embeddings = [item.layer for item in watched if isinstance(item.layer, keras.layers.Embedding)]
        self._paddings: list[tuple[Any, Any]] = []  # and 1 if they are words rather than positions, else 0
        self._is_open = True

    @contextlib.contextmanager
    def record(self) -> Iterator[None]:
        """Within it, the training step runs, or is traced."""
        self._paddings = []
        with contextlib.ExitStack() as stack:
            for attention in self._attentions if self._is_open else ():
                stack.enter_context(attention.watch(attention.layer, self._watch(attention)))
            for layer in self._embeddings if self._is_open and self._attentions else ():
                stack.enter_context(keras_private.set_attribute(layer, "call", self._watch_ids(layer.call)))
            yield

    def finish(self, predictions: Sequence[Any]) -> None:
        """Ends the recording; tensors of the step are kept no longer."""
        self._paddings = []

    def close(self) -> None:
        """Ends all recording: steps that are run after it are not recorded."""
        if self._attentions and keras.backend.backend() == "jax":
            import jax

            jax.effects_barrier()  # type: ignore[no-untyped-call, unused-ignore]  # what is sent has arrived by then
        self._is_open = False

    def tabulate(self) -> pd.DataFrame:
        """Returns what was recorded.

        Returns:
            One row per layer and head, as of `Inspection.attention`: the mean over the layer's calls.
        """
        rows = []
        for attention in self._attentions:
            if not attention.calls:
                continue
            with np.errstate(all="ignore"):
                table = np.mean([call for call in attention.calls if call.shape == attention.calls[0].shape], axis=0)
            rows += [(attention.name, head, *map(float, row)) for head, row in enumerate(table)]
        return pd.DataFrame(rows, columns=COLUMNS)

    def _watch_ids(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(ids: Any, *args: Any, **kwargs: Any) -> Any:
            if ops.is_tensor(ids) and len(ids.shape) == 2:
                self._paddings.append((_find_padding(ids), 1.0 - _count_up(ids)))
            return call(ids, *args, **kwargs)

        return watched

    def _watch(self, attention: _Attention) -> "_Look":
        def look(logits: Any, allowed: Any, queries: int, step: int) -> None:
            shape = (int(logits.shape[0]), int(logits.shape[3]))
            paddings = [(p[:MOST_EXAMPLES], is_word) for p, is_word in self._paddings]
            paddings = [(p, is_word) for p, is_word in paddings if tuple(p.shape) == shape]
            self._send(attention, _measure(logits, allowed, queries, step, _join(paddings)))

        return look

    def _send(self, attention: _Attention, seen: Any) -> None:
        def receive(array: Any) -> None:
            if self._is_open:
                attention.calls.append(np.asarray(array, "float64"))

        if keras.backend.backend() == "jax":
            import jax

            jax.debug.callback(receive, seen)
            return
        with contextlib.suppress(AttributeError, NotImplementedError):  # of a loop's own compilation
            receive(ops.convert_to_numpy(seen))


def _find_padding(ids: Any) -> Any:
    """Which ids are among two or more zeros at the end of their row; of shape `(examples, steps)`."""
    is_zero = ops.cast(ops.equal(ids, 0), "float32")
    # The number of zeros from a step to the end is that of the steps.
    left = ops.flip(ops.cumsum(ops.flip(is_zero, axis=1), axis=1), axis=1)
    steps = ops.cast(ops.arange(ids.shape[1], 0, -1), "float32")
    padded = ops.cast(ops.equal(left, steps[None]), "float32")
    count = ops.sum(padded, axis=1, keepdims=True)
    is_padding = ops.logical_and(count > 1, count < ids.shape[1])
    return padded * ops.cast(ops.logical_and(is_padding, ops.max(ids) >= _FEWEST_IDS), "float32")


def _count_up(ids: Any) -> Any:
    """1 if each id is the one before plus one, as of positions, else 0."""
    steps = ops.cast(ids[:, 1:], "int32") - ops.cast(ids[:, :-1], "int32")
    return ops.cast(ops.all(ops.equal(steps, 1)), "float32")


def _join(paddings: Sequence[tuple[Any, Any]]) -> Any:
    """The padding on which all ids that are words agree, NaN if they do not; None without any ids."""
    if not paddings:
        return None
    joined = ops.max(ops.stack([padding * is_word for padding, is_word in paddings]), axis=0)
    differs = [ops.any(ops.not_equal(padding, joined)) for padding, _ in paddings]
    differs = [ops.cast(differ, "float32") * is_word for differ, (_, is_word) in zip(differs, paddings, strict=True)]
    return ops.where(sum(differs) > 0, ops.full_like(joined, float("nan")), joined)


_Look = Callable[[Any, Any, int, int], None]
"""Is given logits and which keys are allowed, of the examples and queries that are looked at, `(examples, heads,
queries, keys)`; how many queries there are, and `n` if every n-th is looked at."""

_Watch = Callable[[Any, _Look], AbstractContextManager[None]]


def _choose_watch(layer: Any) -> _Watch | None:
    """How a layer's attention can be seen; None of a layer that has none, or none that can be."""
    if isinstance(layer, keras.layers.MultiHeadAttention | keras.layers.GroupQueryAttention):
        return _watch_comparison
    if keras_private.get_attention_scale(layer) is not None:
        return _watch_comparison
    if all(hasattr(layer, name) for name in ("query_projector", "key_projector", "num_heads", "key_value_dim")):
        return _watch_projectors
    parts = list_parts(layer)
    makes_both = sum(bool(part.trainable_weights) for part in parts) > 1  # queries and keys
    if makes_both and any(type(part) is keras.layers.Softmax for part in parts):
        return _watch_softmax
    return None


def _watch_comparison(layer: Any, look: _Look) -> AbstractContextManager[None]:
    """Of Keras's classes, and of those that compare queries and keys as they do."""
    scale = keras_private.get_attention_scale(layer)

    def compare(query: Any, key: Any, mask: Any, is_causal: bool) -> None:
        if not _is_known(query, 4) or not _is_known(key, 4) or query.shape[2] != key.shape[2]:
            return
        factor = scale or 1.0 / float(query.shape[3]) ** 0.5
        logits, step = _multiply(query, key, factor)
        look(logits, _list_allowed(logits, mask, is_causal, step), int(query.shape[1]), step)

    return keras_private.watch_attention(layer, compare)


@contextlib.contextmanager
def _watch_projectors(layer: Any, look: _Look) -> Iterator[None]:
    """Of T5's attention: two Dense layers make queries and keys, and a bias, which holds the mask, is put out."""
    seen: dict[str, Any] = {}
    call = layer.call

    def keep(name: str, project: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            seen[name] = project(*args, **kwargs)
            return seen[name]

        return watched

    def watched(*args: Any, **kwargs: Any) -> Any:
        seen.clear()
        output = call(*args, **kwargs)
        query, key = seen.pop("query", None), seen.pop("key", None)
        if not _is_known(query, 3) or not _is_known(key, 3):
            return output
        heads, size = int(layer.num_heads), int(layer.key_value_dim)
        query, key = (ops.reshape(tensor, (*tensor.shape[:2], heads, size)) for tensor in (query, key))
        shape = (int(query.shape[1]), int(key.shape[1]))
        biases = [t for t in tree.flatten(output)[1:] if _is_known(t, 4) and tuple(t.shape[2:]) == shape]
        logits, step = _multiply(query, key, 1.0)
        allowed = ops.ones_like(logits[:, :1])
        if biases:
            bias = ops.cast(ops.stop_gradient(biases[0]), "float32")[:MOST_EXAMPLES, :, ::step]
            is_allowed = bias > _MASKED
            logits = logits + ops.where(is_allowed, bias, 0.0)
            allowed = allowed * ops.cast(is_allowed, "float32")
        look(logits, allowed, shape[0], step)
        return output

    with contextlib.ExitStack() as stack:
        stack.enter_context(keras_private.set_attribute(layer, "call", watched))
        for name, part in (("query", layer.query_projector), ("key", layer.key_projector)):
            stack.enter_context(keras_private.set_attribute(part, "call", keep(name, part.call)))
        yield


@contextlib.contextmanager
def _watch_softmax(layer: Any, look: _Look) -> Iterator[None]:
    """Of a layer of any class that gives its scores, `(examples, heads, queries, keys)`, to a Softmax of its own."""

    def watch(part: Any) -> Callable[..., Any]:
        call = part.call

        def watched(scores: Any, *args: Any, **kwargs: Any) -> Any:
            if _is_known(scores, 4) and part.axis in (-1, 3):
                step = _choose_step(int(scores.shape[2]))
                logits = ops.cast(ops.stop_gradient(scores), "float32")[:MOST_EXAMPLES, :, ::step]
                allowed = _list_allowed(logits, kwargs.get("mask", args[0] if args else None), False, step)
                allowed = allowed * ops.cast(logits > _MASKED, "float32")
                look(ops.where(allowed > 0, logits, 0.0), allowed, int(scores.shape[2]), step)
            return call(scores, *args, **kwargs)

        return watched

    with contextlib.ExitStack() as stack:
        for part in list_parts(layer):
            if type(part) is keras.layers.Softmax:
                stack.enter_context(keras_private.set_attribute(part, "call", watch(part)))
        yield


def _is_known(tensor: Any, rank: int) -> bool:
    return (
        tensor is not None and ops.is_tensor(tensor) and len(tensor.shape) == rank and None not in tuple(tensor.shape)
    )


def _choose_step(queries: int) -> int:
    return max(1, -(-queries // MOST_QUERIES))


def _multiply(query: Any, key: Any, scale: float) -> tuple[Any, int]:
    """The logits of the examples and queries that are looked at, and `n` if every n-th query is."""
    step = _choose_step(int(query.shape[1]))
    query = ops.cast(ops.stop_gradient(query), "float32")[:MOST_EXAMPLES, ::step]
    key = ops.cast(ops.stop_gradient(key), "float32")[:MOST_EXAMPLES]
    return ops.einsum("btnd,bsnd->bnts", query, key) * scale, step


def _list_allowed(logits: Any, mask: Any, is_causal: bool, step: int) -> Any:
    """1 for each key that a query may look at, else 0; of shape `(examples, 1 or heads, queries, keys)`."""
    allowed = ops.ones_like(logits[:, :1])
    if mask is not None:
        mask = ops.cast(ops.cast(mask, "bool"), "float32")
        while len(mask.shape) < 4:  # of (examples, queries, keys), or without the examples
            mask = mask[:, None] if len(mask.shape) == 3 else mask[None]
        mask = mask[:MOST_EXAMPLES]
        allowed = allowed * (mask[:, :, ::step] if mask.shape[2] > 1 else mask)
    if is_causal:
        queries, keys = int(logits.shape[2]), int(logits.shape[3])
        later = np.arange(keys)[None] > step * np.arange(queries)[:, None]
        allowed = allowed * ops.convert_to_tensor(1.0 - later.astype("float32"))[None, None]
    return allowed


def _measure(logits: Any, allowed: Any, queries: int, step: int, padding: Any) -> Any:
    """Of each head, what `COLUMNS` name behind it; of shape `(heads, 5)`."""
    heads, keys = int(logits.shape[1]), int(logits.shape[3])
    allowed = ops.broadcast_to(allowed, logits.shape)
    weights = ops.softmax(ops.where(allowed > 0, logits, -1e9), axis=-1) * allowed
    count = ops.sum(allowed, axis=-1)
    entropy = -ops.sum(weights * ops.log(ops.maximum(weights, 1e-30)), axis=-1)
    choice = ops.cast(count > 1, "float32")  # of a single key there is no choice
    chosen = choice
    padded_keys = padding_weight = ops.full((heads,), float("nan"))
    if padding is not None:
        padded_keys = ops.broadcast_to(ops.mean(padding), (heads,))
        if queries == keys:  # what padding itself attends to does not matter
            known = ops.where(ops.isnan(padding), 0.0, padding)
            chosen = choice * (1.0 - known[:, None, ::step])
        padding_weight = _average(ops.sum(weights * padding[:, None, None], axis=-1), chosen)
    relative = entropy / ops.log(ops.maximum(count, 2.0))
    largest = ops.max(ops.abs(logits) * allowed, axis=(0, 2, 3))
    return ops.stack(
        [_average(count, chosen), _average(relative, chosen), largest, padded_keys, padding_weight], axis=-1
    )


def _average(values: Any, chosen: Any) -> Any:
    """The mean per head over the chosen examples and queries."""
    chosen = ops.broadcast_to(chosen, values.shape)
    return ops.sum(values * chosen, axis=(0, 2)) / ops.maximum(ops.sum(chosen, axis=(0, 2)), 1.0)
