"""What may be measured of gradients: their values, dense and in float32, on each way a step may run."""

import keras
import numpy as np
import pytest

from keras_vg.training.exactness import shield

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.model
WAYS = {"tensorflow": ["eager", "graph", "compiled"], "jax": ["eager", "compiled"], "torch": ["eager"]}[BACKEND]
ROWS = np.random.default_rng(0).normal(size=(8, 100)).astype("float32")
INDICES = np.array([3, 0, 3, 7, 3, 0, 9, 9])


def compute_gradients(rows):
    """A sum over a batch, a large product, half precision, a number, and the gradient of a table by its rows."""
    ops = keras.ops
    table = ops.segment_sum(rows, ops.convert_to_tensor(INDICES, "int32"), 12)
    product = ops.matmul(ops.transpose(rows), rows)
    return [ops.sum(rows, axis=0), product, ops.cast(rows * 2.0, "bfloat16"), ops.sum(rows[:, 0]), table]


def run(compute, way):
    rows, zero = (keras.ops.convert_to_tensor(value, "float32") for value in (ROWS, 0))
    if way == "eager":
        return compute(rows, zero)
    if BACKEND == "jax":
        import jax

        return jax.jit(compute)(rows, zero)
    import tensorflow as tf

    return tf.function(compute, jit_compile=way == "compiled")(rows, zero)


@pytest.mark.parametrize("way", WAYS)
def test_values_are_those_of_the_gradients(way):
    def compute(rows, nonnegative):
        shielded = shield(compute_gradients(rows), way == "compiled", nonnegative)
        return [item.value for item in shielded], [item.recompute() for item in shielded]

    expected = [ROWS.sum(0), ROWS.T @ ROWS, 2 * ROWS, ROWS[:, 0].sum(), np.zeros((12, 100), "float32")]
    np.add.at(expected[-1], INDICES, ROWS)
    for found in run(compute, way):
        found = list(map(keras.ops.convert_to_numpy, found))
        for value, array, tolerance in zip(found, expected, [1e-5, 1e-5, 2**-8, 1e-5, 1e-5], strict=True):
            assert value.dtype == "float32"
            np.testing.assert_allclose(value, array, rtol=tolerance, atol=1e-5)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="sparse gradients and variables as gradients")
@pytest.mark.parametrize("way", WAYS)
def test_sparse_gradients_become_dense(way):
    import tensorflow as tf

    total = tf.Variable(ROWS)

    def compute(rows, nonnegative):
        sparse = tf.IndexedSlices(rows, tf.constant(INDICES), dense_shape=tf.constant([12, 100]))
        return [item.value for item in shield([sparse, total], way == "compiled", nonnegative)]

    dense, variable = run(compute, way)
    expected = np.zeros((12, 100), "float32")
    np.add.at(expected, INDICES, ROWS)
    # Without XLA there is a row per lookup, in the order of the indices, and rows of zeros behind.
    expected = expected if way == "compiled" else np.concatenate([expected[[0, 3, 7, 9]], np.zeros((4, 100))])
    np.testing.assert_allclose(dense, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(variable, ROWS, rtol=1e-6)


@pytest.mark.skipif(BACKEND == "jax", reason="XLA compiles even single operations")
def test_without_a_compiler_the_gradients_themselves_may_be_measured():
    gradients = compute_gradients(keras.ops.convert_to_tensor(ROWS))[:2]
    shielded = shield(gradients, False, keras.ops.convert_to_tensor(0.0))
    assert all(item.value is gradient for item, gradient in zip(shielded, gradients, strict=True))
    assert all(item.recompute() is gradient for item, gradient in zip(shielded, gradients, strict=True))
