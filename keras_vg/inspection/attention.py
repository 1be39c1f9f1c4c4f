"""What attention layers attend to: entropy and logits of each head, and how much of it is padding.

They are computed anew from the queries and keys that a layer is about to use, beside what it does with them.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from keras_vg.inspection.watched import WatchedLayer
from keras_vg.training import keras_private

COLUMNS = ["layer", "head", "keys", "entropy", "largest_logit", "padded_keys", "padding_weight"]
MOST_EXAMPLES, MOST_QUERIES = 8, 128
"""Of a batch that are looked at: enough to tell, and the logits of all would be as many as those of the model."""

_FEWEST_IDS = 4
"""Ids that go no further are types of segments rather than words."""


@dataclass
class _Attention:
    """An attention layer, and of each call an array of shape `(heads, quantities)`."""

    name: str
    layer: Any
    calls: list[np.ndarray] = field(default_factory=list)


class AttentionRecorder:
    """Records what the heads of attention layers attend to, while a training step runs.

    Args:
        watched: A model's layers.
    """

    def __init__(self, watched: Sequence[WatchedLayer]) -> None:
        kinds = (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)
        self._attentions = [_Attention(item.name, item.layer) for item in watched if isinstance(item.layer, kinds)]
        self._embeddings = [item.layer for item in watched if isinstance(item.layer, keras.layers.Embedding)]
        self._paddings: list[Any] = []
        self._is_open = True

    @contextlib.contextmanager
    def record(self) -> Iterator[None]:
        """Within it, the training step runs, or is traced."""
        self._paddings = []
        with contextlib.ExitStack() as stack:
            for attention in self._attentions if self._is_open else ():
                stack.enter_context(keras_private.watch_attention(attention.layer, self._watch(attention)))
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
                self._paddings.append(_find_padding(ids))
            return call(ids, *args, **kwargs)

        return watched

    def _watch(self, attention: _Attention) -> Callable[..., None]:
        def look(query: Any, key: Any, mask: Any, is_causal: bool) -> None:
            if len(query.shape) == 4 and None not in (*tuple(query.shape), *tuple(key.shape)):
                paddings = [p for p in self._paddings if tuple(p.shape) == tuple(key.shape[:2])]
                padding = paddings[0] if len(paddings) == 1 else None
                self._send(attention, _measure(query, key, mask, is_causal, padding))

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


def _measure(query: Any, key: Any, mask: Any, is_causal: bool, padding: Any) -> Any:
    """Of each head, what `COLUMNS` name behind it; of shape `(heads, 5)`."""
    queries, keys = int(query.shape[1]), int(key.shape[1])
    step = max(1, -(-queries // MOST_QUERIES))
    query = ops.cast(ops.stop_gradient(query), "float32")[:MOST_EXAMPLES, ::step]
    key = ops.cast(ops.stop_gradient(key), "float32")[:MOST_EXAMPLES]
    heads = int(query.shape[2])
    logits = ops.einsum("btnd,bsnd->bnts", query, key) / float(query.shape[3]) ** 0.5
    allowed = ops.ones_like(logits[:, :1])
    if mask is not None:
        mask = ops.cast(ops.cast(mask, "bool"), "float32")
        while len(mask.shape) < 4:  # of (examples, queries, keys), or without the examples
            mask = mask[:, None] if len(mask.shape) == 3 else mask[None]
        mask = mask[:MOST_EXAMPLES]
        allowed = allowed * (mask[:, :, ::step] if mask.shape[2] > 1 else mask)
    if is_causal:
        later = np.arange(keys)[None] > np.arange(queries)[::step, None]
        allowed = allowed * ops.convert_to_tensor(1.0 - later.astype("float32"))[None, None]
    allowed = ops.broadcast_to(allowed, logits.shape)
    weights = ops.softmax(ops.where(allowed > 0, logits, -1e9), axis=-1) * allowed
    count = ops.sum(allowed, axis=-1)
    entropy = -ops.sum(weights * ops.log(ops.maximum(weights, 1e-30)), axis=-1)
    choice = ops.cast(count > 1, "float32")  # of a single key there is no choice
    chosen = choice
    padded_keys = padding_weight = ops.full((heads,), float("nan"))
    if padding is not None:
        padding = padding[:MOST_EXAMPLES]
        padded_keys = ops.broadcast_to(ops.mean(padding), (heads,))
        if queries == keys:  # what padding itself attends to does not matter
            chosen = choice * (1.0 - padding[:, None, ::step])
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
