"""The record of a step that runs operation by operation, on TensorFlow and torch."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_vg.inspection.nonfinite.scopes import LOSS, STEP, LayerScopes
from keras_vg.inspection.nonfinite.trace import NonFinite, Operation, Phase, Source, find_masks


class EagerTrace:
    """The values of a step that are not finite, by the tensors that have them.

    Tensors are known by their `id`; all are kept until the end, as a later one may otherwise have the same.

    Args:
        scopes: Tell the layer that is being called.
        read: Returns a tensor's values, or None if they are finite.
        weights: The weights that are not finite, with their values.
    """

    def __init__(
        self,
        scopes: LayerScopes,
        read: Callable[[Any], np.ndarray | None],
        weights: Sequence[tuple[Source, np.ndarray]],
    ) -> None:
        self.scopes = scopes
        self._read = read
        self._weights = weights
        self._known: dict[int, NonFinite | None] = {}
        self._kept: list[Any] = []
        self._count = 0

    def add_source(self, tensor: Any, source: Source) -> None:
        """Tells what a tensor is that no operation put out."""
        self._keep(tensor, self._make(tensor, source))

    def look_up(self, tensor: Any) -> NonFinite | None:
        """What of a tensor is not finite; None if it is finite."""
        if id(tensor) not in self._known:
            self.add_source(tensor, Source("constant"))
        return self._known[id(tensor)]

    def record(
        self,
        name: str,
        executed: str,
        layer: str,
        phase: Phase | None,
        given: Sequence[tuple[Any, NonFinite | None]],
        outputs: Sequence[Any],
    ) -> None:
        """Records an operation that ran.

        Args:
            name: As of `Operation`.
            executed: The same.
            layer: The same.
            phase: `"backward"`, or None of an operation of the forward pass.
            given: Its inputs, and what of each was not finite before it ran.
            outputs: What it put out.
        """
        self._count += 1
        inputs = tuple(item for _, item in given if item is not None)
        phase = phase or ("loss" if layer in (LOSS, STEP) else "forward")
        operation = Operation(self._count, name, executed, layer, phase, inputs)
        for tensor in outputs:
            self._keep(tensor, self._make(tensor, operation))

    def _make(self, tensor: Any, origin: Operation | Source) -> NonFinite | None:
        values = self._read(tensor)
        masks = None if values is None else find_masks(values)
        if masks is None or values is None:
            return None
        if isinstance(origin, Source) and origin.phase == "constant":
            origin = next((source for source, w in self._weights if _are_same(w, values)), origin)
        return NonFinite(*masks, origin)

    def _keep(self, tensor: Any, known: NonFinite | None) -> None:
        self._kept.append(tensor)
        self._known[id(tensor)] = known


def _are_same(weight: np.ndarray, values: np.ndarray) -> bool:
    """Whether a tensor was read from a variable, which leaves no other trace."""
    return weight.shape == values.shape and np.array_equal(weight, values, equal_nan=True)
