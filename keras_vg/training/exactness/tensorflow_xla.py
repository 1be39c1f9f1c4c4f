"""Copies of gradients on TensorFlow under XLA (`jit_compile=True`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def copy_gradients(gradients: Sequence[Any], nonnegative: Any) -> list[Any]:
    """Adds the terms of gradients that are sums to the graph once more, where XLA would merge them with the update.

    Such gradients are those of unrolled recurrent nets, with a term per step, and of shared or penalized weights. For
    all others `xla.separate` is enough.

    Args:
        gradients: Tensors of any shape; sparse ones and variables are returned as they are.
        nonnegative: A scalar, as of `shield`.

    Returns:
        The copies, equal to float32 rounding; the gradients themselves where there is nothing to copy.
    """
    import tensorflow as tf

    one = tf.cast(nonnegative >= 0.0, "float32")  # before the step runs nothing knows that this is 1

    def copy(value: Any) -> Any:
        name, inputs = value.op.type, list(value.op.inputs)
        if len(value.consumers()) > 1:
            return value
        # Two ways to sum over a batch that give the same values, of which XLA does not know that they do.
        if name == "BiasAddGrad" and inputs[0].shape.rank == 2:
            return tf.reduce_sum(inputs[0], axis=0)
        if name == "Reshape" and inputs[0].op.type == "Sum":
            values, axes = inputs[0].op.inputs
            is_over_rows = np.array_equal(tf.get_static_value(axes), [0])
            if is_over_rows and values.shape.rank == 2 and values.shape[1:] == value.shape:
                return tf.raw_ops.BiasAddGrad(out_backprop=values)
        if name == "StridedSliceGrad":
            shape, begin, end, strides, part = inputs
            options = {mask: value.op.get_attr(mask) for mask in MASKS}
            part *= tf.cast(one, part.dtype)
            return tf.raw_ops.StridedSliceGrad(shape=shape, begin=begin, end=end, strides=strides, dy=part, **options)
        if name == "UnsortedSegmentSum":  # of a table by the rows that were looked up
            rows, indices, size = inputs
            rows *= tf.cast(one, rows.dtype)
            return tf.raw_ops.UnsortedSegmentSum(data=rows, segment_ids=indices, num_segments=size)
        if name not in ("AddN", "ConcatV2", "Reshape"):
            return value
        new = list(map(copy, inputs))
        if all(item is old for item, old in zip(new, inputs, strict=True)):
            return value
        if name == "AddN":
            return tf.add_n(new)
        return tf.concat(new[:-1], new[-1]) if name == "ConcatV2" else tf.reshape(*new)

    return [copy(g) if tf.is_symbolic_tensor(g) and g.op.type == "AddN" else g for g in gradients]
