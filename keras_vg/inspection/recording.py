"""Measures what layers put out while a model runs, wherever in the model or its training step they are called."""

import contextlib
import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg.inspection.derivatives import find_relative_slope
from keras_vg.inspection.statistics import COLUMNS, CallShape, combine_calls, count_units, flatten, measure_call
from keras_vg.inspection.watched import WatchedLayer
from keras_vg.text import is_of_keras
from keras_vg.training import backend, keras_private

Quantity = Literal["output", "size", "ids", "kernel_input", "kept"]
_EMBEDDINGS = ["layer", "input_dim", "id_min", "id_max", "decimals"]
_NO_EMBEDDINGS = pd.DataFrame([], columns=_EMBEDDINGS)
"""Made once: most models have none, and the guard records one epoch after the other."""


class NotReturnableError(RuntimeError):
    """What was measured in a loop or function inside a traced function cannot be returned from around that one."""


@dataclass
class Call:
    """One call of a layer.

    Attributes:
        shape: Of its (first) output.
        output: The output itself, until `CallRecorder.finish`.
        tensors: What was measured, where it can be returned from around the model's run: the output (`measure_call`),
            its number of values where only a run knows it, of an embedding the smallest and the largest of its ids, of
            the first kernels what they were given, and what a mask left of time steps (`_measure_kept`).
        arrays: What was measured, where it cannot be returned and came by itself.
    """

    shape: CallShape
    output: Any = None
    tensors: dict[Quantity, Any] = field(default_factory=dict)
    arrays: dict[Quantity, list[np.ndarray]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class LayerOutput:
    """What is known of the calls of one layer whose outputs have one number of units.

    Attributes:
        layer: The layer.
        name: Its name; where it is called with outputs of several widths, those of another width than the first are
            named after their first call, `"embedding[1]"`.
        units: Number of units or channels; 0 if none of its calls was seen.
        statistics: As `statistics.COLUMNS` names them; NaN if none was seen.
    """

    layer: WatchedLayer
    name: str
    units: int
    statistics: np.ndarray


@dataclass(frozen=True)
class Recording:
    """What one run of a model showed of its layers.

    Attributes:
        outputs: Of the layers, in call order.
        embeddings: One row per embedding that was called: `layer`, `input_dim`, `id_min`, `id_max`, `decimals`.
        kernel_inputs: What the first layer with a kernel was given, and further ones as asked for, channels last; of
            several calls the one with the largest value.
        kept: Of layers that were given a mask of time steps, the part of the examples of which it left any, and the
            largest difference between values of one feature in the steps that it left (-inf without any).
    """

    outputs: list[LayerOutput]
    embeddings: pd.DataFrame
    kernel_inputs: dict[str, np.ndarray]
    kept: dict[str, tuple[float, float]]

    @property
    def kernel_input(self) -> np.ndarray | None:
        """What the first layer with a kernel was given; None if no such layer was called."""
        return next(iter(self.kernel_inputs.values()), None)


class CallRecorder:
    """Measures the calls of layers.

    What is measured inside a function that JAX differentiates, loops over or compiles by itself cannot be returned
    from around it; it is sent while the model runs. What is measured inside a loop that TensorFlow compiles by itself
    is not seen; where all of the run is traced, too, such a loop raises `NotReturnableError`, as the run alone may show
    more.

    Args:
        watched: The layers.
        entered: The names of those of which to keep what they are given, beside the first one with a kernel.
    """

    def __init__(self, watched: Sequence[WatchedLayer], entered: Sequence[str] = ()) -> None:
        self.watched = list(watched)
        self._entered = frozenset(entered)
        self._repeating: set[int] = set()
        self._home: Any = None
        self._keeps_input = True
        self.forget()

    def forget(self) -> None:
        """Forgets all calls."""
        self._calls: list[list[Call]] = [[] for _ in self.watched]
        self._is_kernel_met = False

    @contextlib.contextmanager
    def record(self, keeps_input: bool = True) -> Iterator[None]:
        """Within it, every call of the layers is measured; where a run is compiled, that is while it is traced.

        Args:
            keeps_input: Whether to keep what the first kernels are given, which may be large.
        """
        self.forget()
        self._keeps_input = keeps_input
        self._home = keras_private.get_trace_state()
        with contextlib.ExitStack() as stack:
            for item, calls in zip(self.watched, self._calls, strict=True):
                layer, activated = item.layer, list[Any]()
                for name in ("call", "quantized_call"):  # a quantized layer has both, and runs the second
                    watch = self._watch_call(getattr(layer, name), item, calls, activated)
                    stack.enter_context(keras_private.set_attribute(layer, name, watch))
                activation = getattr(layer, "activation", None)
                # A recurrent layer calls it once per time step, perhaps inside a loop whose tensors cannot leave it.
                if callable(activation) and not isinstance(layer, keras.layers.RNN):
                    watch = _watch_activation(activation, activated)
                    stack.enter_context(keras_private.set_attribute(layer, "activation", watch))
            yield

    def finish(self, predictions: Sequence[Any]) -> list[tuple[str, str]]:
        """Ends a recording, where its tensors are still known.

        Args:
            predictions: The model's outputs.

        Returns:
            Of each, the name and activation of the layer that made it; `("", "unknown")` if no layer did.
        """
        makers = [[id(call.output) for call in calls] for calls in self._calls]
        inner = {made for item, ids in zip(self.watched, makers, strict=True) if not item.holds_others for made in ids}
        self._repeating = {
            i for i, item in enumerate(self.watched) if item.holds_others and makers[i] and inner.issuperset(makers[i])
        }
        heads = []
        for prediction in predictions:
            found = [i for i, ids in enumerate(makers) if id(prediction) in ids and i not in self._repeating]
            heads.append(_name_head(self.watched[found[-1]], len(prediction.shape)) if found else ("", "unknown"))
        for calls in self._calls:
            for call in calls:
                call.output = None
        return heads

    def get_tensors(self) -> list[Any]:
        """Lists what was measured and can be returned: float32 of one axis, but what the first kernels were given."""
        return [tensor for calls in self._calls for call in calls for tensor in call.tensors.values()]

    def summarize(self, arrays: Sequence[np.ndarray]) -> Recording:
        """Takes the calls of each layer together.

        Args:
            arrays: The values of what `get_tensors` listed.

        Returns:
            What the run showed.
        """
        if keras.backend.backend() == "jax":
            import jax

            jax.effects_barrier()  # type: ignore[no-untyped-call, unused-ignore]  # what is sent has arrived by then
        left = iter(arrays)
        outputs: list[LayerOutput] = []
        embeddings: list[tuple[str, int, float, float, float]] = []
        kernel_inputs: dict[str, np.ndarray] = {}
        kept: dict[str, tuple[float, float]] = {}
        for i, (item, calls) in enumerate(zip(self.watched, self._calls, strict=True)):
            widths: dict[int, list[tuple[int, CallShape, np.ndarray]]] = {}
            ids: list[np.ndarray] = []
            for number, call in enumerate(calls):
                values = {name: [next(left)] for name in call.tensors}
                for name, sent in call.arrays.items():
                    values.setdefault(name, []).extend(sent)
                    sent.clear()  # in place: a compiled run sends to the same list again
                shape = replace(call.shape, size=int(values["size"][0][0])) if "size" in values else call.shape
                widths.setdefault(shape.units, [])
                widths[shape.units] += [(number, shape, array) for array in values.get("output", [])]
                ids += values.get("ids", [])
                for array in values.get("kernel_input", []):
                    largest = _find_larger(kernel_inputs.get(item.name), _move_channels(array, item.axis))
                    kernel_inputs[item.name] = largest
                for part, difference in values.get("kept", []):
                    least = kept.get(item.name, (1.0, np.inf))
                    kept[item.name] = (min(float(part), least[0]), min(float(difference), least[1]))
            if item.is_logged and i not in self._repeating:
                outputs += _describe_calls(item, widths)
            if ids:
                (low, *_), (_, high, decimals) = np.min(ids, axis=0), np.max(ids, axis=0)
                embeddings.append((item.name, int(item.layer.input_dim), float(low), float(high), float(decimals)))
        table = pd.DataFrame(embeddings, columns=_EMBEDDINGS) if embeddings else _NO_EMBEDDINGS.copy()
        return Recording(outputs, table, kernel_inputs, kept)

    def _watch_call(
        self, call: Callable[..., Any], item: WatchedLayer, calls: list[Call], activated: list[Any]
    ) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            activated.clear()
            output = call(*args, **kwargs)
            given = next(iter(tree.flatten((args, kwargs))), None)
            self._measure(item, calls, activated, given, kwargs.get("mask"), output)
            return output

        return watched

    def _measure(
        self, item: WatchedLayer, calls: list[Call], activated: list[Any], given: Any, mask: Any, output: Any
    ) -> None:
        made = next(iter(tree.flatten(output)), None)
        if made is None or not ops.is_tensor(made) or keras.backend.standardize_dtype(made.dtype) == "string":
            return
        is_known = None not in made.shape  # in a traced function, it need not be
        size = int(np.prod(made.shape, dtype=np.int64)) if is_known else 0
        call = Call(CallShape(count_units(made, item.axis), size), made)
        calls.append(call)
        self._keep(call, "output", self._measure_output(item, made, _find_activated(activated, given, made)))
        if not is_known:
            self._keep(call, "size", ops.reshape(ops.cast(ops.size(made), "float32"), (1,)))
        if given is None or not ops.is_tensor(given):
            return
        if isinstance(item.layer, keras.layers.Embedding) and tuple(made.shape[:-1]) == tuple(given.shape):
            ids = ops.cast(given, "float32")
            decimals = ops.mean(ops.cast(ops.not_equal(ids, ops.floor(ids)), "float32"))
            self._keep(call, "ids", ops.stack([ops.min(ids), ops.max(ids), decimals]))
        elif item.has_kernel and self._keeps_input and (not self._is_kernel_met or item.name in self._entered):
            self._is_kernel_met = True
            self._keep(call, "kernel_input", ops.stop_gradient(given))
        # Elsewhere a mask of two axes may be one of features, or of pairs of steps.
        if isinstance(item.layer, keras.layers.RNN) and ops.is_tensor(mask) and len(mask.shape) == 2:
            self._keep(call, "kept", _measure_kept(given, mask))

    def _measure_output(self, item: WatchedLayer, made: Any, activated: Any) -> Any:
        # A gated layer puts out something else than what its activation put out.
        is_gated = isinstance(item.layer, keras.layers.RNN) and not isinstance(item.layer, keras.layers.SimpleRNN)
        activation = "unknown" if is_gated else item.activation
        tensors = [ops.stop_gradient(tensor) for tensor in (made, activated) if tensor is not None]
        if self._home is None:
            return _measure(activation, item.axis, *tensors)
        described = [(tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype)) for tensor in tensors]
        return _share_measure(activation, item.axis, tuple(described))(*tensors)

    def _keep(self, call: Call, quantity: Quantity, tensor: Any) -> None:
        if self._home is None:
            with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError):  # of a loop's own compilation
                call.arrays[quantity].append(ops.convert_to_numpy(tensor))
        elif keras_private.get_trace_state() == self._home:
            call.tensors[quantity] = tensor
        elif keras.backend.backend() == "tensorflow":
            raise NotReturnableError
        else:
            import jax

            jax.debug.callback(functools.partial(_receive, call.arrays[quantity]), tensor)


def _find_larger(known: np.ndarray | None, other: np.ndarray) -> np.ndarray:
    """The array with the larger value; the known one where they are of equal size."""
    if known is None or not known.size:
        return other
    return other if other.size and np.abs(other).max() > np.abs(known).max() else known


def _measure_kept(given: Any, mask: Any) -> Any:
    """Of which part of the examples a mask leaves any step, and how far what it leaves differs; of shape `(2,)`."""
    values = ops.cast(ops.stop_gradient(given), "float32")
    values = ops.reshape(values, (*ops.shape(values)[:2], -1))
    is_left = ops.cast(mask, "bool")
    lowest, highest = (
        reduce(ops.where(is_left[..., None], values, none), axis=(0, 1))
        for reduce, none in ((ops.min, np.float32(np.inf)), (ops.max, np.float32(-np.inf)))
    )
    part = ops.mean(ops.cast(ops.any(is_left, axis=1), "float32"))
    return ops.stack([part, ops.max(highest - lowest)])


def _name_head(item: WatchedLayer, rank: int) -> tuple[str, str]:
    """Name and activation of the layer that makes an output.

    The activation is called "unknown" of a softmax over another axis than the last, and of a layer of the user's own
    class without an `activation`, whose `call` may end in one.
    """
    axis = item.layer.axis if isinstance(item.layer, keras.layers.Softmax) else -1
    is_own = not is_of_keras(item.layer) and not hasattr(item.layer, "activation")
    return item.name, item.activation if axis in (-1, rank - 1) and not is_own else "unknown"


def _receive(arrays: list[np.ndarray], array: Any) -> None:
    arrays.append(np.asarray(array))


def _watch_activation(activation: Callable[..., Any], activated: list[Any]) -> Callable[..., Any]:
    def watched(z: Any, *args: Any, **kwargs: Any) -> Any:
        activated.append(z)
        return activation(z, *args, **kwargs)

    return watched


def _find_activated(activated: list[Any], given: Any, made: Any) -> Any:
    """What the activation was given; None if that is not known."""
    z = activated[0] if len(activated) == 1 else given
    return z if ops.is_tensor(z) and tuple(z.shape) == tuple(made.shape) else None


def _measure(activation: str, axis: int, made: Any, activated: Any = None) -> Any:
    values = flatten(made, axis)
    z = values if activated is None else flatten(activated, axis)
    return measure_call(values, find_relative_slope(activation, z, values, is_input_known=activated is not None))


@functools.lru_cache(maxsize=256)
def _share_measure(activation: str, axis: int, described: tuple[Any, ...]) -> Callable[..., Any]:
    """`_measure` for tensors of one shape: one function for all of them would warn of being traced so often."""
    return backend.share_trace(functools.partial(_measure, activation, axis))


def _describe_calls(
    item: WatchedLayer, widths: dict[int, list[tuple[int, CallShape, np.ndarray]]]
) -> list[LayerOutput]:
    """One output per width; one that is not known if a layer was not called, or none of its calls was seen."""
    seen = {units: entries for units, entries in widths.items() if entries}
    if not seen:
        unknown = LayerOutput(item, item.name, 0, np.full(len(COLUMNS), np.nan, "float32"))
        return [unknown] if item.is_expected else []
    first = next(iter(widths))
    outputs = []
    for units, entries in seen.items():
        name = item.name if units == first else f"{item.name}[{entries[0][0]}]"
        statistics = combine_calls([shape for _, shape, _ in entries], [array for _, _, array in entries])
        outputs.append(LayerOutput(item, name, units, statistics))
    return outputs


def _move_channels(array: np.ndarray, axis: int) -> np.ndarray:
    return np.moveaxis(array, axis, -1) if array.ndim > 2 else array
