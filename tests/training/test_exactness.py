"""Copies of gradients: computed apart from the gradients, and the same."""

import keras
import numpy as np
import pytest

from keras_vg.training.exactness import jax_xla, tensorflow_graph, tensorflow_xla
from keras_vg.training.exactness.jax_equations import get_equation
from keras_vg.training.exactness.jax_xla import LIBRARY_SIZE, find_library_product

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.model
VALUES = np.random.default_rng(0).normal(size=(8, 6)).astype("float32")


def compute_on_jax(values):
    import jax.numpy as jnp
    from jax import lax

    pooled = jnp.broadcast_to(values[:, None], (8, 5, 6)).sum(axis=(0, 1))
    joined = lax.concatenate([values.sum(axis=0), values.sum(axis=0)], 0)
    total = values.sum(axis=0)
    shared = values.sum(axis=1)  # read twice: XLA computes it apart anyway
    chained = (values * 2).reshape(2, 4, 6).sum(axis=(0, 1)).reshape(3, 2) / values[0, 0] - values[:3, :2]
    twice = values.sum(axis=0).reshape(2, 3).sum(axis=1)
    table = jnp.zeros((8, 6)).at[np.array([1, 1])].add
    averaged = values + jnp.broadcast_to(values.sum(), (8, 6))  # one number, computed apart, too
    apart = [shared * shared, values.T, averaged, table(values[:2])]
    return [total, chained, twice, pooled, joined, table(values[:2]) + values, *apart], 6


def compute_on_tensorflow(values):
    import tensorflow as tf

    product = values * tf.sqrt(tf.abs(values))
    shared = values + 1.0
    chained = tf.reshape(-(tf.add_n([product, values, values]) - values / 3.0), (6, 8))
    averaged = tf.tile(values[:1], (8, 1)) / 8.0
    return [chained, tf.reshape(values, (4, 12)) * 2.0, shared * shared, values + values[0], shared, averaged], 3


@pytest.mark.skipif(BACKEND == "torch", reason="nothing is copied on torch")
def test_what_is_last_computed_is_computed_twice():
    seen = []

    def step(values, count):
        gradients, copied = (compute_on_jax if BACKEND == "jax" else compute_on_tensorflow)(values)
        copies = (jax_xla if BACKEND == "jax" else tensorflow_graph).copy_gradients(gradients, count)
        seen.extend([one is not other for one, other in zip(gradients, copies, strict=True)])
        seen.append(copied)
        return gradients, copies

    gradients, copies = compile_step(step)(VALUES, np.float32(0))
    *is_copied, copied = seen
    assert is_copied == [True] * copied + [False] * (len(is_copied) - copied)
    for one, other in zip(gradients, copies, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.skipif(BACKEND != "jax", reason="equations of JAX")
def test_sums_are_copied_whatever_else_reads_what_they_add_up():
    import jax.numpy as jnp
    from jax import lax

    is_copied = []

    def step(values, count):
        rows, other = jnp.tanh(values), jnp.sin(values)
        spread, cube = jnp.broadcast_to(values[:1], (8, 6)), jnp.exp(values).reshape(2, 4, 6)
        sums = [rows.sum(0), rows.sum(1), other.sum(0), values.sum(0), spread.sum(0), cube.sum((0, 1))]
        products = [lax.dot_general(one, one, (((0,), (0,)), ((), ()))) for one in (rows, values, spread, cube)]
        copies = jax_xla.copy_gradients([*sums, *products], count)[: len(sums)]
        is_copied.extend(copy is not one for one, copy in zip(sums, copies, strict=True))
        return sums, copies

    for one, other in zip(*compile_step(step)(VALUES, np.float32(0)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert is_copied == [True] * 6


@pytest.mark.skipif(BACKEND != "jax", reason="equations of JAX")
def test_sum_along_an_axis_of_one_is_copied_as_a_view():
    """A broadcast bias has its gradient summed over the batch, and once more over the axis of one that is left."""
    import jax.numpy as jnp

    kinds = []

    def step(values, count):
        over_batch = jnp.tanh(values).sum(0)
        gradient = over_batch.reshape(1, 6).sum(0)
        (copy,) = jax_xla.copy_gradients([gradient], count)
        kinds.append([get_equation(copy).primitive.name])
        below = get_equation(get_equation(copy).in_tracers[0]).in_tracers[0]
        kinds[-1].append(get_equation(below).primitive.name)
        return [gradient], [copy]

    for one, other in zip(*compile_step(step)(VALUES, np.float32(0)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert kinds == [["reduce_sum", "reduce"]]


@pytest.mark.skipif(BACKEND != "jax", reason="what XLA leaves to a library")
def test_products_of_large_matrices_are_measured_as_they_are_and_computed_again():
    import jax.numpy as jnp
    from jax import lax

    width = int(LIBRARY_SIZE**0.5)
    wide = np.random.default_rng(0).normal(size=(8, width)).astype("float32")
    long = np.ones((2, LIBRARY_SIZE), "float32")

    def multiply(values, long):
        product = values.T @ values
        as_they_are = [product, product.T]
        heads = jnp.einsum("ni,njk->jki", values, values.reshape(8, 8, -1))
        sums = [product + values[0], product * 2, product.reshape(-1), heads]
        vectors = [long.T @ long[:, :1], long[:1].T @ long[:1, :2]]  # of one column; of two vectors
        return [*as_they_are, *sums, *vectors, values.T[:3] @ values], len(as_they_are)

    kinds = []

    def step(values, long):
        gradients, count = multiply(values, long)
        measurable = [jax_xla.separate(gradient, find_library_product(gradient)) for gradient in gradients]
        found = [item.value for item in measurable]
        kinds.extend(get_equation(value).primitive.name for value in found)
        kinds.append(count)

        def look():
            again = [item.recompute() for item in measurable]
            are_again.extend(one is not other for one, other in zip(found, again, strict=True))
            return again

        return gradients, found, lax.cond(values[0, 0] > 9, lambda: found, look)

    are_again = []
    gradients, found, again = compile_step(step)(jnp.asarray(wide), jnp.asarray(long))
    *kinds, count = kinds
    assert kinds == ["optimization_barrier"] * count + ["mul"] * (len(kinds) - count)
    assert are_again == [True] * count + [False] * (len(kinds) - count)
    for one, other in zip(found, again, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    for place, (one, other) in enumerate(zip(gradients, found, strict=True)):
        np.testing.assert_allclose(one, other, rtol=0 if place < count else 2**-22)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="what TensorFlow's gradients are made of")
def test_the_terms_of_an_unrolled_net():
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, 6))])
    def compute(values):
        rows = tf.reshape(tf.reduce_sum(values, 0, keepdims=True), (6,))
        columns = tf.reshape(tf.reduce_sum(values, 1), (6,))
        part = tf.raw_ops.StridedSliceGrad(shape=[6], begin=[1], end=[4], strides=[1], dy=values[0, :3])
        bias = tf.raw_ops.BiasAddGrad(out_backprop=values)
        table = tf.math.unsorted_segment_sum(values[:, 0], [0, 0, 1, 3, 3, 5], 6)
        sums = [[rows, part], [bias, values[0]], [table, values[0]], [columns, values[0]]]
        gradients = [tf.add_n(terms) for terms in sums]
        copies = tensorflow_xla.copy_gradients(gradients, tf.constant(0.0))
        assert [one is not other for one, other in zip(gradients, copies, strict=True)] == [True, True, True, False]
        return gradients, copies

    for one, other in zip(*compute(VALUES[:6]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.skipif(BACKEND != "jax", reason="TensorFlow adds all at once")
def test_a_gradient_of_a_thousand_sums():
    import jax

    def step(values):
        gradient = values.sum(axis=0)
        for _ in range(999):
            gradient = gradient + (values * 2).sum(axis=0)
        return jax_xla.copy_gradients([gradient], 0.0)[0]

    assert jax.make_jaxpr(step)(VALUES).out_avals[0].shape == (6,)  # where recursion would be too deep


def compile_step(step):
    if BACKEND == "jax":
        import jax

        return jax.jit(step)
    import tensorflow as tf

    return tf.function(step, input_signature=[tf.TensorSpec((8, 6)), tf.TensorSpec(())])
