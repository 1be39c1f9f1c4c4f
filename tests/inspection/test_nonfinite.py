"""Where `find_nonfinite` finds the first NaN, in programs with a planted fault and in their healthy neighbours."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.long import shorten
from keras_vg.inspection.nonfinite.names import name_operation
from keras_vg.inspection.nonfinite.rows import find_smallest
from keras_vg.inspection.nonfinite.trace import NonFinite, Operation, Source, find_first
from nonfinite import is_layer_right, is_operation_right
from nonfinite_programs import FAULTS

to_numpy = keras.ops.convert_to_numpy
CASES = {fault.fault: (fault,) for fault in FAULTS}
CHOSEN = ("log of 0", "sqrt of 0", "ids out of range", "mask of a whole row", "NaN weight")


@pytest.mark.model
@pytest.mark.parametrize("fault", shorten(CASES, CHOSEN))
def test_finds_a_planted_fault_and_nothing_in_its_neighbour(fault):
    keras.utils.set_random_seed(0)
    model, *data = fault.build(True)
    variables = [*model.variables, *model.optimizer.variables]
    before = [np.array(to_numpy(variable)) for variable in variables]
    origin = vg.find_nonfinite(model, *data)
    assert origin
    assert is_layer_right(fault, origin), origin
    assert is_operation_right(fault, origin), origin
    # Of a model that has no weights yet, those of its optimizer: looking at it builds it.
    assert all(np.array_equal(a, to_numpy(b), equal_nan=True) for a, b in zip(before, variables, strict=True))

    keras.utils.set_random_seed(0)
    model, *data = fault.build(False)
    assert not vg.find_nonfinite(model, *data)


@pytest.mark.model
@pytest.mark.long
def test_says_that_a_scaled_loss_overflows_and_the_step_is_skipped():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=2.0**127), "mse")
    x = np.ones((8, 2), "float32")
    origin = vg.find_nonfinite(model, x, 1e3 * x[:, :1])
    assert not origin
    assert "the optimizer scales the loss: it will skip such steps" in str(origin)


@pytest.mark.parametrize("size", [0, True, 2.0])
def test_refuses_a_batch_size(size):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`batch_size` must be a number of rows, at least 1. Received: batch_size="):
        vg.find_nonfinite(model, np.ones((4, 2)), np.ones((4, 1)), batch_size=size)


def make(nan=(), inf=(), origin=None, size=3):
    masks = [np.isin(np.arange(size), where) for where in (nan, inf)]
    return NonFinite(*masks, origin or Source("constant"))


def operate(number, name, *inputs):
    return Operation(number, name, name, "layer", "forward", inputs)


def test_goes_back_from_nan_to_what_made_its_infinities():
    overflow = operate(1, "exp")
    product = operate(2, "multiply", make(inf=[0], origin=overflow))
    found = find_first([make(nan=[0], origin=product)])
    assert (found.origin, found.value) == (overflow, "inf")


def test_a_constant_mask_is_not_at_fault():
    masked = make(inf=[0, 1, 2], origin=operate(1, "where", make(inf=[0, 1, 2])))
    softmax = operate(2, "softmax", masked)
    assert find_first([make(nan=[0, 1, 2], origin=softmax)]).origin is softmax


def test_what_where_leaves_out_is_not_followed():
    left_out = make(nan=[0], origin=operate(1, "log"))
    taken = make(nan=[2], origin=operate(2, "sqrt"))
    chosen = make(nan=[2], origin=operate(3, "where", left_out, taken))
    assert find_first([chosen]).origin.name == "sqrt"


def test_data_come_before_operations():
    label = Source("label")
    loss = operate(5, "subtract", make(nan=[1], origin=label), make(nan=[1], origin=operate(2, "log")))
    assert find_first([make(nan=[1], origin=loss)]).origin is label
    assert find_first([]) is None


@pytest.mark.parametrize("needed", [{7}, {3, 4}, {0, 31}, {1, 9, 17}])
def test_finds_the_smallest_set_of_rows(needed):
    assert set(find_smallest(range(32), lambda rows: needed <= set(rows))) == needed


def test_names_operations_alike_on_all_backends():
    assert {name_operation(raw) for raw in ("RealDiv", "div", "DivBackward0", "true_divide")} == {"divide"}
    assert {name_operation(raw) for raw in ("MatMul", "dot_general", "AddmmBackward0")} == {"matmul"}
