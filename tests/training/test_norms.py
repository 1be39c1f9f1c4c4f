"""Norms and zeros of gradients of every size, against float64, on each way a step may run."""

import functools

import keras
import numpy as np
import pytest

from keras_vg.training.exactness import Measurable
from keras_vg.training.norms import MOST_ROWS, SMALL_SIZE, measure_norms, measure_zeros
from keras_vg.training.step_buffers import HostBuffer
from keras_vg.training.totals import FINITE, NORM_SUM, ZERO_SUM

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()
WAYS = {"tensorflow": ["eager", "graph", "compiled"], "jax": ["eager", "compiled"], "torch": ["device", "host"]}[
    BACKEND
]
SMALLEST, LARGEST = 2.0**-126, float(np.finfo("float32").max)


def measure(arrays, way):
    """The norms and the fractions of zeros of float32 arrays."""
    run = make_measure(tuple(array.size for array in arrays), way)
    return [keras.ops.convert_to_numpy(part) for part in run(*map(keras.ops.convert_to_tensor, arrays))]


@functools.cache
def make_measure(sizes, way):
    """Compiles what measures gradients of these sizes: once for all their values."""

    def run(*gradients):
        measurables, numbers = list(map(Measurable, gradients)), np.array(sizes, "float32")
        return measure_norms(measurables, numbers, way == "compiled"), measure_zeros(measurables, numbers)

    if way == "host":
        return measure_on_host
    if way in ("eager", "device"):
        return run
    if BACKEND == "jax":
        import jax

        return jax.jit(run)
    import tensorflow as tf

    return tf.function(run, jit_compile=way == "compiled")


def measure_on_host(*gradients):
    """What a buffer on a CPU adds up of one step; NaN for a norm that is not finite."""
    buffer = HostBuffer(np.array([gradient.numel() for gradient in gradients]), counts_zeros=True)
    buffer.add(gradients, None)
    totals = buffer.sum_up()
    return np.where(totals[FINITE] > 0, totals[NORM_SUM], np.nan), totals[ZERO_SUM]


def make_arrays(scale, shapes=((3, 4), (5,), (60, 100), (2, 3, 1000), (9000,))):
    """Both small and large ones, with some zeros."""
    rng = np.random.default_rng(0)
    arrays = [np.float32(rng.uniform(0.1, 1.0, shape) * rng.choice([-1, 1], shape) * scale) for shape in shapes]
    for array in arrays:
        array.ravel()[::3] = 0
    return arrays


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", [5, MOST_ROWS, MOST_ROWS + 1])
def test_no_zeros_are_exactly_none(count, way):
    norms, zeros = measure([np.ones(2 * n + 3, "float32") for n in range(count)] + [np.ones((70, 70), "float32")], way)
    np.testing.assert_allclose(norms, [(2 * n + 3) ** 0.5 for n in range(count)] + [70], rtol=1e-6)
    assert zeros.tolist() == [0] * (count + 1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scale", [SMALLEST * 10, 1e-30, 1e-20, 1e-16, 1e-15, 1e-8, 1.0, 1e15, 1e18, 1e19, 1e30, 1e36])
def test_no_size_is_too_small_or_too_large(scale, way):
    arrays = make_arrays(scale)
    norms, zeros = measure(arrays, way)
    np.testing.assert_allclose(norms, [np.linalg.norm(a.astype("float64")) for a in arrays], rtol=2e-6)
    np.testing.assert_allclose(zeros, [np.mean(a == 0) for a in arrays], atol=1e-7)


@pytest.mark.parametrize("way", WAYS)
def test_large_zeros_and_nan(way):
    arrays = [np.zeros((100, 100), "float32"), np.full((5000,), np.nan, "float32")]
    norms, _ = measure(arrays, way)
    np.testing.assert_array_equal(norms, [0, np.nan])


@pytest.mark.parametrize("way", WAYS)
def test_gradients_of_one_step_do_not_disturb_each_other(way):
    arrays = [np.float32(array * scale) for array, scale in zip(make_arrays(1.0), np.logspace(-34, 34, 5), strict=True)]
    norms, zeros = measure(arrays, way)
    np.testing.assert_allclose(norms, [np.linalg.norm(a.astype("float64")) for a in arrays], rtol=2e-6)
    np.testing.assert_allclose(zeros, [np.mean(a == 0) for a in arrays], atol=1e-7)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [12, SMALL_SIZE, SMALL_SIZE + 1, 100_000])
@pytest.mark.parametrize("value", [SMALLEST, 1e-25, 1.0, 1e25, LARGEST / 1000])
def test_one_value_among_zeros(value, size, way):
    array = np.zeros(size, "float32")
    array[size // 2] = value
    norms, zeros = measure([array, np.ones((3,), "float32")], way)
    np.testing.assert_allclose(norms, [np.float32(value), 3**0.5], rtol=2e-6)
    np.testing.assert_allclose(zeros, [1 - 1 / size, 0], atol=1e-7)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_shows_and_is_no_zero(value, way):
    arrays = make_arrays(1.0)
    for array in arrays[1::2]:
        array[(0,) * array.ndim] = value
    norms, zeros = measure(arrays, way)
    assert np.isfinite(norms).tolist() == [True, False, True, False, True]
    np.testing.assert_allclose(zeros, [np.mean(a == 0) for a in arrays], atol=1e-7)


@pytest.mark.parametrize("way", WAYS)
def test_zeros_alone(way):
    norms, zeros = measure([np.zeros((4,), "float32"), np.zeros((100, 100), "float32")], way)
    assert norms.tolist() == [0, 0]
    assert zeros.tolist() == [1, 1]


def test_fractions_of_zeros_are_exact():
    arrays = make_arrays(1e-30)
    _, zeros = measure(arrays, WAYS[-1])
    np.testing.assert_allclose(zeros, [np.mean(a == 0) for a in arrays], rtol=2**-23 if BACKEND == "jax" else 2**-52)


@pytest.mark.parametrize("way", WAYS)
def test_more_values_than_float32_can_count(way):
    array = np.full((2**24 + 4096,), 1e-3, "float32")
    array[:2048] = 0
    norms, zeros = measure([array], way)
    # 16 million times the same in float32: XLA is 3.5e-5 off.
    np.testing.assert_allclose(norms, [1e-3 * (2**24 + 2048) ** 0.5], rtol=1e-4)
    np.testing.assert_allclose(zeros, [2048 / array.size], atol=1e-7)
