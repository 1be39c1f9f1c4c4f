"""Copies of gradients in TensorFlow's graphs, which Grappler optimizes."""

from collections.abc import Sequence
from typing import Any

PRODUCTS = ("Mul", "RealDiv")

ENLARGEMENTS = ("BroadcastTo", "Tile")
"""What an average's gradient begins with. A product of that is not reordered, and not copied."""


def copy_gradients(gradients: Sequence[Any], nonnegative: Any) -> list[Any]:
    """Adds the last operations of gradients to the graph once more, where they are arithmetic that may be reordered.

    In a graph lr * (a * b) becomes (lr * a) * b, unless something else reads a * b: so it is with the gamma of
    `BatchNormalization` under SGD.

    Args:
        gradients: Tensors of any shape; sparse ones and variables are returned as they are.
        nonnegative: A scalar, as of `shield`.

    Returns:
        The copies, equal to float32 rounding; the gradients themselves where there is nothing to copy, as in eager
        steps. Sums are copied only if products are among their terms: with others copied, unrolled recurrent nets
        came out otherwise.
    """
    import tensorflow as tf

    functions = {"AddN": lambda *values: tf.add_n(values), "AddV2": tf.add, "Mul": tf.multiply, "Neg": tf.negative}
    functions |= {"RealDiv": tf.divide, "Sub": tf.subtract}
    # Equal operations would be made one again, but before the step runs nothing knows that this is 1.
    one = tf.cast(nonnegative >= 0.0, "float32")

    def copy(value: Any) -> Any:
        if not tf.is_symbolic_tensor(value):  # eager, sparse, or a variable in which the user adds gradients up
            return value
        name, inputs = value.op.type, list(value.op.inputs)
        if len(value.consumers()) > 1 or (name != "Reshape" and name not in functions):
            return value
        if name == "Reshape":
            new = copy(inputs[0])
            return value if new is inputs[0] else tf.reshape(new, inputs[1])
        new = list(map(copy, inputs))
        if all(item is old for item, old in zip(new, inputs, strict=True)):
            if name not in PRODUCTS or any(item.op.type in ENLARGEMENTS for item in inputs):
                return value
            new[0] *= tf.cast(one, new[0].dtype)
        return functions[name](*new)

    return list(map(copy, gradients))
