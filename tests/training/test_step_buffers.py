"""What torch's buffers add up over many steps, against NumPy in float64."""

import keras
import numpy as np
import pytest

from keras_vg.training.norms import SMALL_SIZE
from keras_vg.training.step_buffers import MOST_STEPS, DeviceBuffer, HostBuffer
from keras_vg.training.totals import (
    CALLS,
    FINITE,
    NO_GRADIENT,
    NORM_MAX,
    NORM_ROOT,
    NORM_SUM,
    NOT_CALLED,
    STEPS,
    ZERO_SUM,
)

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(keras.backend.backend() != "torch", reason="torch's buffers"),
]
SHAPES = [(3, 4), (5,), (70, 80), (1,), (2, 3, 7), (SMALL_SIZE + 1,)]
SIZES = np.array([int(np.prod(shape)) for shape in SHAPES])


def make_steps(count, has_gaps, seed=0):
    """Gradients of some steps as float64 arrays, of which some values are 0 or not finite, and some are missing."""
    rng = np.random.default_rng(seed)
    steps = []
    for _ in range(count):
        step = [np.float32(rng.normal(size=shape) * rng.choice([0, 1], shape)).astype("float64") for shape in SHAPES]
        if has_gaps:
            step[int(rng.integers(len(step)))].flat[0] = rng.choice([np.nan, np.inf, 1.0])
            for index in rng.choice(len(step), 2, replace=False):
                step[index] = rng.choice([None, NO_GRADIENT, NOT_CALLED])
        steps.append([1.0 * np.zeros(SHAPES[i]) if value is None else value for i, value in enumerate(step)])
    return steps


def add(buffer, step, scale=None):
    marks = {NO_GRADIENT: NO_GRADIENT, NOT_CALLED: NOT_CALLED}
    given = [marks[v] if np.ndim(v) == 0 else keras.ops.convert_to_tensor(v.astype("float32")) for v in step]
    buffer.add(given, scale)


def sum_up(steps, scales=None):
    """The same totals, value by value."""
    totals = np.zeros((7, len(SHAPES)))
    for number, step in enumerate(steps):
        arrays = [value if np.ndim(value) else None for value in step]
        norms = [np.nan if a is None else np.sqrt(np.square(a).sum()) for a in arrays]
        seen = [norm for norm, array in zip(norms, arrays, strict=True) if array is not None]
        is_skipped = scales is not None and not np.isfinite(seen).all()
        for index, (value, array, norm) in enumerate(zip(step, arrays, norms, strict=True)):
            totals[CALLS, index] += array is not None or value == NO_GRADIENT
            if array is None:
                continue
            totals[STEPS, index] += 1
            totals[ZERO_SUM, index] += np.mean(array == 0)
            if is_skipped or not np.isfinite(norm):
                continue
            norm = norm if scales is None else norm / scales[number]
            totals[FINITE, index] += 1
            totals[NORM_SUM, index] += norm
            totals[NORM_ROOT, index] = np.hypot(totals[NORM_ROOT, index], norm)
            totals[NORM_MAX, index] = max(totals[NORM_MAX, index], norm)
    return totals


@pytest.mark.parametrize("make", [HostBuffer, DeviceBuffer])
@pytest.mark.parametrize("has_gaps", [False, True])
@pytest.mark.parametrize("count", [0, 1, MOST_STEPS, MOST_STEPS + 7])
def test_totals_of_many_steps(make, has_gaps, count):
    steps, buffer = make_steps(count, has_gaps), make(SIZES, True)
    for step in steps:
        add(buffer, step)
    np.testing.assert_allclose(buffer.sum_up(), sum_up(steps), rtol=1e-6)
    buffer.clear()
    assert not buffer.sum_up().any()


@pytest.mark.parametrize("make", [HostBuffer, DeviceBuffer])
def test_the_scale_of_the_loss_is_taken_out_and_its_broken_steps_are_nobodys(make):
    steps, scales = make_steps(20, has_gaps=True), 2.0 ** np.arange(20)
    buffer = make(SIZES, True)
    for step, scale in zip(steps, scales, strict=True):
        add(buffer, step, keras.ops.convert_to_tensor(np.float32(scale)))
    np.testing.assert_allclose(buffer.sum_up(), sum_up(steps, scales), rtol=1e-6)


@pytest.mark.parametrize("make", [HostBuffer, DeviceBuffer])
def test_steps_that_were_counted_are_added_up_all_the_same(make):
    steps, buffer = make_steps(MOST_STEPS + 9, has_gaps=True), make(SIZES, False)
    for number, step in enumerate(steps, 1):
        add(buffer, step)
        if number % 50 == 0 or number > MOST_STEPS:
            expected = sum_up(steps[:number])
            counts = keras.ops.convert_to_numpy(buffer.count_nonfinite())
            np.testing.assert_array_equal(counts, expected[STEPS] - expected[FINITE])
    expected = sum_up(steps)
    expected[ZERO_SUM] = 0  # not counted
    np.testing.assert_allclose(buffer.sum_up(), expected, rtol=1e-6)


@pytest.mark.parametrize("sizes", [[SMALL_SIZE] * 300, [0, 3, 0], [5000], []])
def test_many_empty_large_and_no_weights(sizes):
    buffer = HostBuffer(np.array(sizes, int), False)
    for factor in (3.0, 4.0):
        buffer.add([keras.ops.full((size,), factor) for size in sizes], None)
    np.testing.assert_allclose(buffer.sum_up()[NORM_ROOT], 5 * np.sqrt(sizes), rtol=1e-6)


def test_gradients_that_have_gradients_are_measured():
    import torch

    small, large = torch.ones(4, requires_grad=True), torch.ones(5000, requires_grad=True)
    for make in (HostBuffer, DeviceBuffer):
        buffer = make(np.array([4, 5000]), True)
        buffer.add([2 * small, 2 * large], None)
        np.testing.assert_allclose(buffer.sum_up()[NORM_SUM], [4.0, 2 * 5000**0.5], rtol=1e-6)


def test_buffers_do_not_go_by_the_default_type_of_torch():
    import torch

    torch.set_default_dtype(torch.bfloat16)
    try:
        buffer = HostBuffer(np.array([4]), False)
    finally:
        torch.set_default_dtype(torch.float32)
    buffer.add([torch.full((4,), 1.001)], None)
    np.testing.assert_allclose(buffer.sum_up()[NORM_SUM], [2.002], rtol=1e-6)
