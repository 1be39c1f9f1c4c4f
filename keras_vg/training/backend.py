"""What is done differently on each backend, by public means: devices, random states, processes, sums of gradients."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

import keras
import numpy as np

from keras_vg.training import keras_private

_Result = TypeVar("_Result")


@contextmanager
def preserved_random_state() -> Iterator[None]:
    """Restores, at its end, the global random generators that a model may draw from: Python's, NumPy's and torch's."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  users draw from it
    try:
        if keras.backend.backend() == "torch":  # dropout without a seed; models are built by running them, too
            import torch

            with torch.random.fork_rng():
                yield
        else:
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def variable_scope(model: keras.Model) -> Any:
    """The scope in which to make variables that are used beside the model's: that of its `tf.distribute` strategy."""
    strategy = keras_private.get_strategy(model)
    return nullcontext() if strategy is None else strategy.scope()


def run_outside_of_strategies(function: Callable[[], _Result]) -> _Result:
    """Calls a function outside of any `tf.distribute` strategy's scope, where losses are not divided by the replicas.

    A scope holds in the thread that entered it, and there is no other way out of one.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if tf.distribute.has_strategy():
            with ThreadPoolExecutor(1) as threads:
                return threads.submit(function).result()
    return function()


def share_trace(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """Makes a function of tensors one call in any function that is traced around it, instead of its operations.

    Where it is called for many layers, the backend traces and lowers it once per shape. TensorFlow is told not to
    inline its body: optimizing hundreds of copies of it took longer than all the tracing.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False, experimental_attributes={"_noinline": True})  # type: ignore[no-any-return, unused-ignore]
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    return function


def is_on_cpu() -> bool:
    """Whether models are trained on a CPU."""
    return keras.distribution.list_devices()[0].startswith("cpu")


def is_writer(model: keras.Model) -> bool:
    """Whether this process writes the logs: one of those that train the model together does."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.process_index() == 0
    if backend == "torch":
        import torch

        return not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0
    strategy = keras_private.get_strategy(model)
    resolver = None if strategy is None else strategy.cluster_resolver
    return resolver is None or not resolver.task_type or (resolver.task_type, resolver.task_id) in _CHIEFS


_CHIEFS = (("chief", 0), ("worker", 0))


def sum_gradients(gradients: list[Any], is_compiled: bool) -> list[Any]:
    """Returns gradients as dense float32 tensors, summed over the replicas that train together.

    A sparse gradient (`tf.IndexedSlices`) has a row per lookup. Without XLA it becomes a tensor of as many rows, in
    which the rows of one index are summed up into one row and followed by zeros; indices that were not looked up are
    left out, as their rows are 0.
    Under XLA it becomes a tensor of the whole table's shape, as the optimizer makes it too; rows in another order than
    the optimizer's would change the last bits of the weights.

    Args:
        gradients: Floating tensors of any shape, sparse or dense.
        is_compiled: Whether XLA compiles the step, on TensorFlow.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            gradients = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        sum_rows = tf.convert_to_tensor if is_compiled else _sum_rows_of_same_index
        gradients = [sum_rows(g) if isinstance(g, tf.IndexedSlices) else g for g in gradients]
    if keras.backend.backend() == "torch":  # returns the tensor itself if it is float32 already
        return [gradient.float() for gradient in gradients]
    return [keras.ops.cast(gradient, "float32") for gradient in gradients]


def _sum_rows_of_same_index(slices: Any) -> Any:
    import tensorflow as tf

    order = tf.argsort(slices.indices)
    indices = tf.gather(slices.indices, order)
    is_new = tf.concat([[False], tf.not_equal(indices[1:], indices[:-1])], axis=0)
    segments = tf.cumsum(tf.cast(is_new, tf.int32))
    return tf.math.unsorted_segment_sum(tf.gather(slices.values, order), segments, tf.shape(indices)[0])
