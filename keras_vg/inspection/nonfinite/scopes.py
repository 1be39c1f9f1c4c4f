"""Which layer is being called, at each moment of a step that runs or is traced."""

import contextlib
import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import ops, tree

from keras_vg.text import shorten_paths
from keras_vg.training import keras_private
from keras_vg.training.call_order import walk_layers

LOSS, STEP = "loss", "train_step"
"""What stands for a layer in the loss, and in what a training step does outside of the layers."""


class LayerScopes:
    """Follows the calls of a model's layers and of its loss.

    On JAX, where calls are traced, a name scope says in the trace what was called.

    Args:
        model: A built model.

    Attributes:
        losses: What the loss returned.
        wrong_ids: The first embedding that was given ids that it has no row for, and the least and the greatest of
            them; None if there was none, or ids were not checked.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        placed = list(walk_layers(model))
        self._layers = [layer for _, layer in placed]
        self.names = [*shorten_paths([path for path, _ in placed]), LOSS]
        self._stack: list[int] = []
        self._checks_ids = False
        self.losses: list[Any] = []
        self.wrong_ids: tuple[str, int, int] | None = None

    @property
    def current(self) -> str:
        """The innermost layer that is being called."""
        return self.names[self._stack[-1]] if self._stack else STEP

    @property
    def is_inside(self) -> bool:
        """Whether a layer or the loss is being called."""
        return bool(self._stack)

    @contextlib.contextmanager
    def follow(self, checks_ids: bool = False) -> Iterator[None]:
        """Within it, calls are followed.

        Args:
            checks_ids: Whether to look for ids that an embedding has no row for. TensorFlow and torch raise at such
                ids, and say neither which layer nor which ids.
        """
        self._stack.clear()
        self.losses.clear()
        self._checks_ids, self.wrong_ids = checks_ids, None
        with contextlib.ExitStack() as stack:
            for index, layer in enumerate(self._layers):
                for name in ("call", "quantized_call"):  # a quantized layer has both, and runs the second
                    watched = self._watch(getattr(layer, name), index)
                    stack.enter_context(keras_private.set_attribute(layer, name, watched))
            watched = self._watch(self._model.compute_loss, len(self._layers))
            stack.enter_context(keras_private.set_attribute(self._model, "compute_loss", watched))
            yield

    def _watch(self, call: Callable[..., Any], index: int) -> Callable[..., Any]:
        @functools.wraps(call)
        def watched(*args: Any, **kwargs: Any) -> Any:
            self._stack.append(index)
            try:
                with make_scope(index):
                    if self._checks_ids and index < len(self._layers):
                        self._check_ids(index, args)
                    result = call(*args, **kwargs)
            finally:
                self._stack.pop()
            if index == len(self._layers):
                self.losses.append(result)
            return result

        return watched

    def _check_ids(self, index: int, args: tuple[Any, ...]) -> None:
        layer = self._layers[index]
        if not isinstance(layer, keras.layers.Embedding) or keras.backend.backend() == "jax":
            return
        ids = next((t for t in tree.flatten(args) if ops.is_tensor(t)), None)
        if ids is None or not ops.size(ids):
            return
        low, high = int(ops.min(ids)), int(ops.max(ids))
        if low < 0 or high >= layer.input_dim:
            self.wrong_ids = self.wrong_ids or (self.names[index], low, high)


def make_scope(index: int, operation: int | None = None) -> Any:
    """A name scope of JAX that says which layer, and which operation, is being called; on other backends nothing."""
    if keras.backend.backend() != "jax":
        return contextlib.nullcontext()
    import jax

    return jax.named_scope(f"keras_vg:{index}:" + ("" if operation is None else f"{operation}:"))


def read_scope(scopes: str) -> tuple[int, int | None] | None:
    """Reads the innermost scope of `make_scope` among name scopes: the layer, and the operation or None."""
    found = re.findall(r"keras_vg:(\d+):(?:(\d+):)?", scopes)
    return (int(found[-1][0]), int(found[-1][1]) if found[-1][1] else None) if found else None
