"""What processes that train one model together tell one another: numbers, and errors that only one of them sees."""

import functools
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from keras_vg.training import keras_private


class Group:
    """The processes over which a model is spread. All of them must call the same methods in the same order.

    Attributes:
        index: The number of this process among them.
        count: How many they are.
    """

    def __init__(self, index: int, count: int) -> None:
        self.index, self.count = index, count

    def add_up(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Joins arrays to which each process contributes some elements, bit for bit.

        Args:
            arrays: Of the same shapes and types in all processes. Each element is 0 in all processes but one.

        Returns:
            The same arrays with the elements of all processes, in all processes.
        """
        parts = [np.ascontiguousarray(array).tobytes() for array in arrays]
        parts = [part + bytes(-len(part) % 4) for part in parts]
        joined = self._sum(np.frombuffer(b"".join(parts), "int32")).tobytes()
        starts = np.cumsum([0, *map(len, parts)])
        pieces = [joined[start : start + array.nbytes] for start, array in zip(starts, arrays, strict=False)]
        return [np.frombuffer(p, a.dtype).reshape(a.shape) for p, a in zip(pieces, arrays, strict=True)]

    def gather(self, row: np.ndarray) -> np.ndarray:
        """Returns the arrays of all processes, of one shape and type, one beneath the other."""
        rows = np.zeros((self.count, *row.shape), row.dtype)
        rows[self.index] = row
        return self.add_up([rows])[0]

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        """The sum of the processes' int32 arrays of shape `(n,)`."""
        raise NotImplementedError

    @contextmanager
    def share_errors(self) -> Iterator[None]:
        """Raises in all processes what one of them raises within, where no other process may wait for it."""
        error: Exception | None = None
        try:
            yield
        except Exception as raised:  # any: whatever ends this process's fit must end the others', too
            error = raised
        text = b"" if error is None else _serialize(error)
        sizes = self.gather(np.array([len(text)], "int32"))[:, 0]
        if not sizes.any():
            return
        row = np.zeros(sizes.max(), "uint8")
        row[: len(text)] = np.frombuffer(text, "uint8")
        rows = self.gather(row)
        if error is not None:
            raise error
        first = int(np.flatnonzero(sizes)[0])
        raise pickle.loads(rows[first, : sizes[first]].tobytes()) from RuntimeError(
            f"Process {first} of {self.count} raised this, and all of them end the fit."
        )


def find_group(model: keras.Model) -> Group | None:
    """Returns the processes over which a model inside a fit is spread; None if it is this one alone."""
    if keras.backend.backend() == "jax":
        for variable in model.variables:
            if not variable.value.is_fully_addressable:
                return find_group_of(variable.value)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        strategy = keras_private.get_strategy(model)
        if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            group = _TensorFlowGroup(strategy)
            return group if group.count > 1 else None
    return None


def find_group_of(array: Any) -> Group:
    """Returns the processes that have devices on which a JAX array lies."""
    return _JaxGroup(array.sharding.device_set)


class _JaxGroup(Group):
    """The processes that have some of the devices."""

    def __init__(self, devices: Any) -> None:
        import jax

        chosen: dict[int, Any] = {}  # one device of each
        for device in sorted(devices, key=lambda device: device.id):
            chosen.setdefault(device.process_index, device)
        numbers = sorted(chosen)
        super().__init__(numbers.index(jax.process_index()), len(numbers))
        self._devices = tuple(chosen[number] for number in numbers)

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        import jax

        sharding, add = _compile_sum(self._devices)
        own = jax.device_put(numbers[None], self._devices[self.index])
        rows = jax.make_array_from_single_device_arrays((self.count, len(numbers)), sharding, [own])
        return np.asarray(add(rows))


@functools.cache
def _compile_sum(devices: tuple[Any, ...]) -> tuple[Any, Any]:
    """How an array with a row per device lies on the devices, and a function that adds up the rows."""
    import jax

    sharding: Any = jax.sharding  # part of which has no types
    mesh = sharding.Mesh(np.array(devices), ("process",))
    whole = sharding.NamedSharding(mesh, sharding.PartitionSpec())
    by_row = sharding.NamedSharding(mesh, sharding.PartitionSpec("process"))
    return by_row, jax.jit(lambda rows: rows.sum(axis=0), out_shardings=whole)


class _TensorFlowGroup(Group):
    """The workers of a `MultiWorkerMirroredStrategy`."""

    def __init__(self, strategy: Any) -> None:
        resolver = strategy.cluster_resolver
        tasks = resolver.cluster_spec().as_dict()
        chiefs = len(tasks.get("chief", ()))
        index = int(resolver.task_id or 0) + (chiefs if resolver.task_type == "worker" else 0)
        super().__init__(index, max(chiefs + len(tasks.get("worker", ())), 1))
        self._strategy = strategy

    def _sum(self, numbers: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        own = iter([numbers])  # the first replica of this process contributes, the others nothing
        zeros = np.zeros_like(numbers)
        values = self._strategy.experimental_distribute_values_from_function(lambda _: tf.constant(next(own, zeros)))
        return np.asarray(self._strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None))


def _serialize(error: Exception) -> bytes:
    try:
        text = pickle.dumps(error)
        pickle.loads(text)
    except Exception:  # any: an exception of the user's own may not be made for it
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return text
