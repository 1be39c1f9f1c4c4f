"""What differs by backend and is public: devices, random states, the writing process, summed gradients."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np

from keras_vg.training import keras_private


@contextmanager
def preserved_random_state() -> Iterator[None]:
    """Puts the global random generators back that a model may draw from: Python's, NumPy's, and torch's."""
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
    """The scope in which variables beside the model's own are to be made."""
    strategy = keras_private.get_strategy(model)
    return nullcontext() if strategy is None else strategy.scope()


def is_on_cpu() -> bool:
    """Whether models are trained on a CPU."""
    return keras.distribution.list_devices()[0].startswith("cpu")


def is_writer(model: keras.Model) -> bool:
    """Whether this process is the one that writes logs, of all that train the model together."""
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
    """The gradients as float32 tensors, summed over the replicas that train together.

    Of a sparse gradient, only the rows that occur, each once (and rows of zeros in place of the repeated ones);
    all rows if XLA compiles the step: the optimizer asks it for them, too, and would get other last bits if somebody
    else had the rows in another order.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            gradients = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        sum_rows = tf.convert_to_tensor if is_compiled else _sum_repeated_rows
        gradients = [sum_rows(g) if isinstance(g, tf.IndexedSlices) else g for g in gradients]
    if keras.backend.backend() == "torch":  # itself, if it is that already
        return [gradient.float() for gradient in gradients]
    return [keras.ops.cast(gradient, "float32") for gradient in gradients]


def _sum_repeated_rows(slices: Any) -> Any:
    import tensorflow as tf

    order = tf.argsort(slices.indices)
    indices = tf.gather(slices.indices, order)
    is_new = tf.concat([[False], tf.not_equal(indices[1:], indices[:-1])], axis=0)
    places = tf.cumsum(tf.cast(is_new, tf.int32))
    return tf.math.unsorted_segment_sum(tf.gather(slices.values, order), places, tf.shape(indices)[0])
