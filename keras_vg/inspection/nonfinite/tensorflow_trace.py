"""Records, on TensorFlow, the operations of a step that put out values that are not finite."""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop
from tensorflow.python.framework import op_callbacks

from keras_vg.inspection.nonfinite.eager_trace import EagerTrace
from keras_vg.inspection.nonfinite.names import name_operation

_READS = ("ReadVariableOp", "ResourceReadVariableOp", "VariableV2")


class TensorFlowTrace:
    """Sees each operation of TensorFlow that runs within it, forwards and backwards; functions run eagerly meanwhile.

    Private: operation callbacks are what `tf.debugging.enable_check_numerics` is made of, which raises at any value
    that is not finite, also where it is masked. Only the function that a tape calls for the derivative of each
    operation tells which operation that is.

    Args:
        trace: Where to record.
    """

    def __init__(self, trace: EagerTrace) -> None:
        self._trace = trace
        self._layers: dict[tuple[str, int], str] = {}
        self._derivatives: list[tuple[str, str]] = []
        self._is_backward = False
        self._last_layer = ""

    @contextlib.contextmanager
    def record(self) -> Iterator[None]:
        """Within it, operations are recorded."""
        were_eager = tf.config.functions_run_eagerly()
        tf.config.run_functions_eagerly(True)
        pywrap_tfe.TFE_Py_RegisterGradientFunction(self._differentiate)
        op_callbacks.add_op_callback(self._observe)
        try:
            yield
        finally:
            op_callbacks.remove_op_callback(self._observe)
            pywrap_tfe.TFE_Py_RegisterGradientFunction(backprop._gradient_function)
            tf.config.run_functions_eagerly(were_eager)

    def _differentiate(self, op_name: str, attributes: Any, count: int, inputs: Any, outputs: Any, *rest: Any) -> Any:
        """Computes the derivative of an operation, as part of a tape's gradient."""
        known = (self._layers.get((op_name, id(t))) for t in [*(outputs or ()), *(inputs or ())])
        layer = next((layer for layer in known if layer is not None), None)
        if layer is None:
            layer = self._derivatives[-1][1] if self._derivatives else self._last_layer
        self._last_layer = layer
        self._is_backward = True
        self._derivatives.append((name_operation(op_name), layer))
        try:
            return backprop._gradient_function(op_name, attributes, count, inputs, outputs, *rest)
        finally:
            self._derivatives.pop()

    def _observe(
        self, op_type: str, inputs: Any, attrs: Any, outputs: Any, op_name: Any = None, graph: Any = None
    ) -> None:
        if graph is not None:  # it is only being traced
            return
        op_type = op_type.decode() if isinstance(op_type, bytes) else op_type
        given = [(t, self._trace.look_up(t)) for t in inputs]
        executed = name_operation(op_type)
        if op_type in _READS:  # the variable it reads is no tensor whose values could be known
            for tensor in outputs:
                self._trace.look_up(tensor)
            return
        if self._trace.scopes.is_inside or not self._is_backward:
            layer = self._trace.scopes.current
            for tensor in [*inputs, *outputs]:
                self._layers[op_type, id(tensor)] = layer
            self._trace.record(executed, executed, layer, None, given, list(outputs))
        else:
            name, layer = self._derivatives[-1] if self._derivatives else (executed, self._last_layer)
            self._trace.record(name, executed, layer, "backward", given, list(outputs))


def read(tensor: Any) -> np.ndarray | None:
    """A tensor's values if some are not finite; float32 in place of shorter ones."""
    if not isinstance(tensor, tf.Tensor) or not tensor.dtype.is_floating:
        return None
    values: np.ndarray = tensor.numpy()
    values = np.asarray(values, "float32") if values.dtype.itemsize < 4 else values
    return None if np.isfinite(values).all() else values
