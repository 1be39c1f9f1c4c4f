"""The residual stream: what blocks add to what passes them by, at each addition that a model makes on its way.

Additions of a functional graph and of `keras.layers.Add` are known. In a layer or model of the user's own, the `a + b`
between two calls is not: there, what is given on is compared with the sum of what was given in and what was put out.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg.inspection.watched import WatchedLayer
from keras_vg.text import shorten_paths
from keras_vg.training import keras_private
from keras_vg.training.call_order import list_parts, walk_layers

COLUMNS = ["depth", "layer", "follows", "stream_rms", "added_rms", "output_rms"]

_ROUNDING = {"float16": 1e-2, "bfloat16": 3e-2}
"""Of sums in half precision, relative to the sum."""

_FLOAT_ROUNDING = 1e-5
_BLOCK = 6
"""How many tensors of the stream's shape may be given on in a block until its sum is: normalized, attended, dropped."""

_ENDS = 2
"""How many of the latest outputs may be what is added: a block adds what it put out at once."""


@dataclass
class _Addition:
    """An addition that was made, or perhaps made, and what was measured of it: mean squares, one array per run."""

    depth: int
    layer: str
    stream: int
    before: int
    result: int
    dtype: str
    seen: list[np.ndarray] = field(default_factory=list)


@dataclass
class _Frame:
    """A call of a layer that holds others, which is under way: what it was given, and what its parts put out."""

    name: str
    is_known: bool
    given: list[Any]
    made: list[Any] = field(default_factory=list)


class ResidualRecorder:
    """Records the additions of what a block puts out to what it was given, while a training step runs.

    Not seen: what is added inside recurrent layers, scaled before it is added, or added in a function that TensorFlow
    compiles by itself.

    Args:
        model: A built model.
        watched: Its layers.
    """

    def __init__(self, model: keras.Model, watched: Sequence[WatchedLayer]) -> None:
        self._depths = {id(item.layer): item.depth for item in watched}
        self._targets = _list_targets(model)
        self._is_open = True
        self._additions: list[_Addition] = []
        self._forget()

    @contextlib.contextmanager
    def record(self) -> Iterator[None]:
        """Within it, the training step runs, or is traced."""
        self._forget()
        self._additions = []
        with contextlib.ExitStack() as stack:
            for name, target in self._targets if self._is_open else ():
                stack.enter_context(keras_private.set_attribute(target, "call", self._watch(name, target)))
            yield

    def finish(self, predictions: Sequence[Any]) -> None:
        """Ends the recording; tensors of the step are kept no longer."""
        self._forget()

    def close(self) -> None:
        """Ends all recording: steps that are run after it are not recorded."""
        if self._additions and keras.backend.backend() == "jax":
            import jax

            jax.effects_barrier()  # type: ignore[no-untyped-call, unused-ignore]  # what is sent has arrived by then
        self._is_open = False

    def tabulate(self) -> pd.DataFrame:
        """Returns what was recorded.

        Returns:
            One row per addition, as of `Inspection.residual`.
        """
        known: dict[int, tuple[float, _Addition, np.ndarray]] = {}
        for addition in self._additions:
            if not addition.seen:
                continue
            with np.errstate(all="ignore"):
                *squares, rest = np.mean(addition.seen, axis=0)
            rounding = _ROUNDING.get(addition.dtype, _FLOAT_ROUNDING)
            if not rest <= rounding**2 * max(squares):
                continue
            if addition.result not in known or rest < known[addition.result][0]:
                known[addition.result] = rest, addition, np.sqrt(squares)
        rows: list[tuple[Any, ...]] = []
        counts: dict[str, int] = {}
        results = list(known)
        for row, (_, addition, sizes) in enumerate(known.values()):
            upstream = addition.before | addition.stream
            follows = max((i for i, result in enumerate(results[:row]) if result & upstream), default=-1)
            number = counts[addition.layer] = counts.get(addition.layer, -1) + 1
            name = addition.layer if number == 0 else f"{addition.layer}[{number}]"
            rows.append((addition.depth, name, follows, *sizes.tolist()))
        return pd.DataFrame(rows, columns=COLUMNS)

    def _forget(self) -> None:
        self._bits: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._kept: list[Any] = []
        self._frames: list[_Frame] = []
        self._depth = -1
        self._is_inside_loop = False

    def _watch(self, name: str, target: Any) -> Callable[..., Any]:
        call = target.call
        is_sum = type(target).__name__ == "Add"
        is_loop = isinstance(target, keras.layers.RNN)
        holds_others = isinstance(target, keras.layers.Layer) and bool(list_parts(target))
        # The operations of a graph are watched, so that nothing is added in it without being seen.
        is_known = hasattr(target, "operations") or isinstance(target, keras.Sequential)

        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._is_inside_loop:
                return call(*args, **kwargs)
            given = _list_tensors((args, kwargs))
            self._look_at_unknown(given)
            self._depth = self._depths.get(id(target), self._depth) if not holds_others else self._depth
            if holds_others:
                self._frames.append(_Frame(name, is_known, list(given)))
            self._is_inside_loop = is_loop
            try:
                output = call(*args, **kwargs)
                made = _list_tensors(output)
                if holds_others:
                    self._look_at_unknown(made)
            finally:
                self._is_inside_loop = False
                if holds_others:
                    self._frames.pop()
            if is_sum and not holds_others and made:
                self._look_at_sum(name, given, made[0])
            for tensor in made:
                self._note(tensor, given)
            if self._frames and not self._frames[-1].is_known:
                self._frames[-1].made += made[:1]
            return output

        return watched

    def _note(self, tensor: Any, given: Sequence[Any]) -> None:
        """Notes of which tensors one was made."""
        before = 0
        for source in given:
            if source is not tensor:
                before |= self._bits.get(id(source), 0) | self._before.get(id(source), 0)
        if id(tensor) not in self._bits:
            self._bits[id(tensor)] = 1 << len(self._kept)
            self._kept.append(tensor)  # so that no other gets its id
        self._before[id(tensor)] = (self._before.get(id(tensor), 0) | before) & ~self._bits[id(tensor)]

    def _look_at_unknown(self, tensors: Sequence[Any]) -> None:
        """Looks whether what a part is given, or a layer of the user's own puts out, is a sum of what there was."""
        frame = self._frames[-1] if self._frames else None
        for tensor in tensors:
            if frame is None or frame.is_known:
                if id(tensor) not in self._bits:
                    self._note(tensor, [])
                continue
            if id(tensor) not in self._bits:
                streams, ends = (
                    [t for t in tensors if tuple(t.shape) == tuple(tensor.shape)][-most:]
                    for tensors, most in ((frame.given, _BLOCK), (frame.made, _ENDS))
                )
                self._note(tensor, [*frame.given, *frame.made])
                for stream, end in itertools.product(streams, ends):
                    if stream is not end:
                        self._look_at_pair(frame.name, stream, end, tensor)
            if all(tensor is not other for other in frame.given):
                frame.given.append(tensor)

    def _look_at_sum(self, name: str, summands: Sequence[Any], output: Any) -> None:
        """Looks at a sum if one of what is added was made from another, as a block's output is from its input."""
        if len({tuple(summand.shape) for summand in summands}) != 1 or len(summands) < 2:
            return
        for stream in summands:
            others = [summand for summand in summands if summand is not stream]
            if others and all(self._before.get(id(other), 0) & self._bits.get(id(stream), 0) for other in others):
                self._note(output, summands)
                self._look_at_pair(name, stream, sum(others[1:], others[0]), output)
                return

    def _look_at_pair(self, name: str, stream: Any, added: Any, output: Any) -> None:
        if not tuple(stream.shape) == tuple(added.shape) == tuple(output.shape) or None in tuple(output.shape):
            return
        bit = self._bits[id(stream)]
        addition = _Addition(
            self._depth,
            name,
            bit,
            self._before[id(stream)],
            self._bits[id(output)],
            keras.backend.standardize_dtype(output.dtype),
        )
        self._additions.append(addition)
        self._send(addition, _measure(stream, added, output))

    def _send(self, addition: _Addition, seen: Any) -> None:
        def receive(array: Any) -> None:
            if self._is_open:
                addition.seen.append(np.asarray(array, "float64"))

        if keras.backend.backend() == "jax":
            import jax

            jax.debug.callback(receive, seen)
            return
        with contextlib.suppress(AttributeError, NotImplementedError):  # of a loop's own compilation
            receive(ops.convert_to_numpy(seen))


def _list_targets(model: keras.Model) -> list[tuple[str, Any]]:
    """The layers, and the operations of functional graphs, each once, with names."""
    walked = list(walk_layers(model))
    names = shorten_paths([path for path, _ in walked])
    targets = {id(layer): (name, layer) for name, (_, layer) in zip(names, walked, strict=True)}
    for _, layer in walked:
        for operation in getattr(layer, "operations", ()) if isinstance(layer, keras.Model) else ():
            targets.setdefault(id(operation), (operation.name, operation))
    inside = {id(part) for _, layer in targets.values() if isinstance(layer, keras.layers.RNN) for part in [layer.cell]}
    return [target for key, target in targets.items() if key not in inside]


def _list_tensors(structure: Any) -> list[Any]:
    """The tensors of examples with features, each once."""
    found = [t for t in tree.flatten(structure) if ops.is_tensor(t) and len(t.shape) > 1 and _is_float(t)]
    return list({id(tensor): tensor for tensor in found}.values())


def _is_float(tensor: Any) -> bool:
    return "float" in keras.backend.standardize_dtype(tensor.dtype)


def _measure(stream: Any, added: Any, output: Any) -> Any:
    """Mean squares of a stream, of what is added to it, of what comes out, and of what that differs by from the sum."""
    a, b, c = (ops.cast(ops.stop_gradient(tensor), "float32") for tensor in (stream, added, output))
    return ops.stack([ops.mean(ops.square(values)) for values in (a, b, c, c - a - b)])
